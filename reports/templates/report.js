"use strict";
(() => {
  const search = document.getElementById("search");
  const query = document.getElementById("q");
  const hits = document.getElementById("hits");
  const none = document.getElementById("none");
  const text = (e) => (e ? e.textContent : "");
  const rows = [...document.querySelectorAll("#requirements tbody tr")].map((e) => [e, e.textContent.toLowerCase()]);
  const cases = [...document.querySelectorAll(".case")].map((e) => {
    const parts = [e.querySelector("summary"), e.querySelector(".reqs"), e.querySelector(".reason")];
    return [e, [e.dataset.id, ...parts.map(text)].join(" ").toLowerCase()];
  });
  const suites = [...document.querySelectorAll(".suite")];
  const apply = () => {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const show = ([e, t]) => (e.hidden = !words.every((w) => t.includes(w)), e.hidden ? 0 : 1);
    const sum = (list) => list.reduce((n, item) => n + show(item), 0);
    const [r, c] = [sum(rows), sum(cases)];
    for (const s of suites) s.hidden = !s.querySelector(".case:not([hidden])");
    none.hidden = c > 0;
    hits.textContent = words.length ? r + " requirements, " + c + " cases" : "";
  };
  const reveal = () => {
    const target = /^#[cr]\d+$/.test(location.hash) && document.getElementById(location.hash.slice(1));
    if (!target) return;
    if (target.hidden) { query.value = ""; apply(); }
    if (!target.offsetParent) document.getElementById(location.hash[1] + "v-all").checked = true;
    if (target.localName === "details") target.open = true;
    target.scrollIntoView();
  };
  query.addEventListener("input", apply);
  addEventListener("hashchange", reveal);
  search.hidden = false;
  apply();
  reveal();
})();
