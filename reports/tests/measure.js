"use strict";
// Runs in a page around the report: measures it at two widths and tries its filters.
const results = {};
const wait = (ms) => new Promise((r) => setTimeout(r, ms));
const load = (width) => new Promise((done) => {
  const frame = document.createElement("iframe");
  frame.style.cssText = `width:${width}px;height:900px;border:0`;
  frame.onload = () => done(frame);
  frame.srcdoc = document.getElementById("page").textContent;
  document.body.append(frame);
});
const visible = (doc, selector) => [...doc.querySelectorAll(selector)].filter((e) => e.getClientRects().length > 0);
(async () => {
  for (const width of [1280, 390]) {
    const frame = await load(width);
    const doc = frame.contentDocument;
    for (const d of doc.querySelectorAll("details")) d.open = true;
    await wait(50);
    results["width" + width] = doc.documentElement.scrollWidth + "<=" + frame.contentWindow.innerWidth;
    results["fits" + width] = doc.documentElement.scrollWidth <= frame.contentWindow.innerWidth;
    results["executed" + width] = Boolean(frame.contentWindow.alerted);
    results["subjectElements" + width] = doc.querySelectorAll("img, script:not(:last-child)").length;
    results["searchShown" + width] = visible(doc, "#search").length === 1;
    results["allCases" + width] = visible(doc, ".case").length;
    doc.getElementById("cv-fail").click();
    results["failOnly" + width] = visible(doc, ".case").length === doc.querySelectorAll(".case.v-fail").length
      && visible(doc, ".case:not(.v-fail)").length === 0 && visible(doc, ".case").length > 0;
    results["emptySuitesHidden" + width] = visible(doc, ".suite").every((s) => s.querySelector(".case.v-fail"));
    doc.getElementById("cv-all").click();
    doc.getElementById("rv-warn").click();
    results["warnRows" + width] = visible(doc, "#requirements tbody tr").every((r) => r.matches(".v-warn"));
    doc.getElementById("rv-all").click();
    const q = doc.getElementById("q");
    q.value = "dist.pull.manifest.ctype.01";
    q.dispatchEvent(new Event("input"));
    results["searchRows" + width] = visible(doc, "#requirements tbody tr").length;
    results["searchCases" + width] = visible(doc, ".case").length;
    q.value = "no such thing";
    q.dispatchEvent(new Event("input"));
    results["noneShown" + width] = visible(doc, "#none").length === 1;
    frame.remove();
  }
  document.getElementById("page").remove();
  document.getElementById("results").textContent = JSON.stringify(results);
})();
