#!/usr/bin/env python3
"""Makes the pictures of the README: docs/terminal.svg and docs/report.png.

Starts the reference registry with two of its rules broken, runs plimsoll against it in a terminal, draws
what stands in that terminal as SVG, and takes a picture of the HTML report of the same run with chromium.
Needs cargo, python3 and chromium; nothing else.
"""

import argparse
import codecs
import fcntl
import html
import json
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
# Deleted tags that are still listed, and a SHOULD NOT that many registries do not keep.
BROKEN = ["dist.x.tagdel.404/listed", "dist.pull.manifest.ctype.01"]
COLUMNS = 112
LIMIT = 120  # seconds for each program that is started


def build():
    """Builds both programs and returns their folder."""
    subprocess.run(["cargo", "build", "--locked", "-p", "plimsoll", "-p", "plimsoll-registry"], cwd=ROOT, check=True)
    metadata = subprocess.run(
        ["cargo", "metadata", "--no-deps", "--format-version", "1"], cwd=ROOT, check=True, capture_output=True
    )
    return Path(json.loads(metadata.stdout)["target_directory"]) / "debug"


def registry(programs, folder, port):
    """Starts the broken registry and waits until it says where it is."""
    command = [programs / "plimsoll-registry", "serve", "--root", folder / "registry", "--listen", f"127.0.0.1:{port}"]
    for rule in BROKEN:
        command += ["--break", rule]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    url = process.stdout.readline().strip()
    if not url:
        process.wait()
        sys.exit(f"the registry did not start; is port {port} taken? Choose another one with --port")
    return process, url


def in_terminal(command, folder):
    """Runs a program in a terminal and returns everything it wrote there."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ["TERM"] = "xterm-256color"
        os.environ.pop("NO_COLOR", None)
        os.execv(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    written = b""
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 1)[0]:
            try:
                piece = os.read(terminal, 65536)
            except OSError:  # Linux says so when the program has closed its end
                break
            if not piece:
                break
            written += piece
    else:
        os.kill(pid, 9)
        sys.exit(f"{command[0]} did not end within {LIMIT} seconds")
    _, status = os.waitpid(pid, 0)
    return written, os.waitstatus_to_exitcode(status)


PIECES = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|([\r\n])|([^\x1b\r\n]+)|\x1b")
COLORS = {31: "red", 32: "green", 33: "yellow", 34: "blue", 35: "magenta", 36: "cyan"}


class Screen:
    """As much of a terminal as plimsoll uses: colours, carriage return, moving up, erasing. It never scrolls."""

    def __init__(self):
        self.rows = [[]]
        self.row = self.column = 0
        self.style = frozenset()

    def write(self, text):
        for arguments, action, control, plain in (match.groups() for match in PIECES.finditer(text)):
            if action == "m":
                self.paint(arguments)
            elif action == "K":
                del self.rows[self.row][0 if arguments == "2" else self.column :]
            elif action == "J":
                del self.rows[self.row][self.column :]
                del self.rows[self.row + 1 :]
            elif action == "A":
                self.row = max(0, self.row - int(arguments or 1))
            elif control == "\r":
                self.column = 0
            elif control == "\n":
                self.down()
            for character in plain or "":
                self.put(character)

    def paint(self, arguments):
        for code in [int(number or 0) for number in arguments.split(";")]:
            if code == 0:
                self.style = frozenset()
            elif code in COLORS:
                self.style -= set(COLORS.values())
                self.style |= {COLORS[code]}
            elif code in (1, 2, 7):
                self.style |= {{1: "bold", 2: "dim", 7: "inverse"}[code]}

    def down(self):
        self.row += 1
        while len(self.rows) <= self.row:
            self.rows.append([])

    def put(self, character):
        if self.column >= COLUMNS:
            self.column = 0
            self.down()
        line = self.rows[self.row]
        while len(line) <= self.column:
            line.append((" ", frozenset()))
        line[self.column] = (character, self.style)
        self.column += 1

    def runs(self):
        """The lines as lists of (column, text, style)."""
        lines = []
        for row in self.rows:
            line = []
            for column, (character, style) in enumerate(row):
                if line and line[-1][2] == style and not (character == " " and line[-1][1].endswith("  ")):
                    line[-1][1] += character
                else:
                    line.append([column, character, style])
            lines.append([run for run in line if run[1].strip()])
        while lines and not lines[-1]:
            lines.pop()
        return lines


STYLE = """
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #d8dee6; white-space: pre }
.bold { font-weight: 700 } .dim { fill: #8b98a8 } .red { fill: #ff7b72 } .green { fill: #56d364 } .yellow { fill: #e3b341 }
.blue { fill: #79c0ff } .magenta { fill: #d2a8ff } .cyan { fill: #56d4dd }
"""


def svg(lines, label):
    """Draws lines of a terminal. Each run gets its place and length, so that it looks alike in every font."""
    width, height, margin = 8.4, 18, 20
    wide, high = COLUMNS * width + 2 * margin, len(lines) * height + 2 * margin
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {high}" width="{wide:.0f}" height="{high}"'
        f' role="img" aria-label="{html.escape(label)}">',
        f"<style>{STYLE}</style>",
        '<rect width="100%" height="100%" rx="8" fill="#10151c"/>',
    ]
    for number, line in enumerate(lines):
        for column, text, style in line:
            indent = len(text) - len(text.lstrip())
            text = text.strip()
            x, y = margin + (column + indent) * width, margin + number * height + 14
            name = f' class="{" ".join(sorted(style))}"' if style else ""
            length = f' textLength="{len(text) * width:.1f}" lengthAdjust="spacingAndGlyphs"'
            out.append(f'<text x="{x:.1f}" y="{y}"{length}{name}>{html.escape(text, quote=False)}</text>')
    return "\n".join([*out, "</svg>", ""])


def photograph(page, picture, size):
    """A picture of the top of a page, as a browser shows it."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not browser:
        sys.exit("chromium is missing: install it, or make the picture of the terminal only with --no-report")
    command = [browser, "--headless", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1"]
    if os.geteuid() == 0:
        command.append("--no-sandbox")  # chromium refuses to run as root with it
    with tempfile.TemporaryDirectory() as profile:
        command += [f"--user-data-dir={profile}", f"--window-size={size}", f"--screenshot={picture}", page.as_uri()]
        subprocess.run(command, check=True, timeout=LIMIT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--port", type=int, default=5111, help="port of the broken registry")
    arguments.add_argument("--no-report", action="store_true", help="leave out docs/report.png")
    options = arguments.parse_args()
    programs = build()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        server, url = registry(programs, folder, options.port)
        try:
            shown = ["run", "--registry", url, "--seed", "7", "--product", "example", "--product-version", "2.1"]
            written, code = in_terminal([str(programs / "plimsoll"), *shown], folder)
        finally:
            server.terminate()
            server.wait(LIMIT)
        if code != 1:
            sys.exit(f"plimsoll ended with {code}, and should have found violations:\n{written.decode(errors='replace')}")
        screen = Screen()
        prompt = f"\x1b[32m$\x1b[0m plimsoll {' '.join(shown)}\r\n"
        screen.write(prompt + codecs.decode(written, "utf-8", "replace"))
        screen.write(f"\r\n\x1b[32m$\x1b[0m echo $?\r\n{code}\r\n")
        label = "plimsoll run against a registry with two faults: one failure in full, one warning, and the counts"
        (DOCS / "terminal.svg").write_text(svg(screen.runs(), label))
        if not options.no_report:
            photograph(folder / "plimsoll-run" / "report.html", DOCS / "report.png", "1200,1150")
    for picture in sorted(DOCS.glob("*.svg")) + sorted(DOCS.glob("*.png")):
        print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size} bytes")


if __name__ == "__main__":
    main()
