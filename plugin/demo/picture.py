# SPDX-License-Identifier: MIT
"""Draws captured terminal screens, side by side, as an SVG picture."""
import re
from xml.sax.saxutils import escape

COLOURS = ["#000000", "#cc4444", "#4e9a06", "#c4a000", "#5588cc", "#a070b0", "#30a0a8", "#d3d7cf",
           "#777777", "#ef4040", "#8ae234", "#fce94f", "#80a8f0", "#c080c8", "#40e0e0", "#ffffff"]
GROUNDS = {4: "#204a87"}  # behind text that is cyan or white
PLAIN, GROUND = "#d3d7cf", "#14161a"
WIDTH, HEIGHT, MARGIN = 7.2, 15, 10  # of a character; around all


def runs(line):
    """(text, colour, ground, bold) of one line with SGR sequences."""
    colour, ground, bold = PLAIN, None, False
    for text, codes in re.findall(r"([^\x1b]+)|\x1b\[([0-9;]*)m", line):
        if text:
            yield text, colour, ground, bold
            continue
        numbers = [int(code or 0) for code in codes.split(";")]
        while numbers:
            number = numbers.pop(0)
            if number in (38, 48) and numbers[:1] == [5]:
                picked, numbers = COLOURS[numbers[1] % 16], numbers[2:]
                colour, ground = (picked, ground) if number == 38 else (colour, picked)
            elif number == 0:
                colour, ground, bold = PLAIN, None, False
            elif number == 1:
                bold = True
            elif 30 <= number <= 37 or 90 <= number <= 97:
                colour = COLOURS[number % 10 + (8 if number >= 90 else 0)]
            elif number == 39:
                colour = PLAIN
            elif 40 <= number <= 47:
                ground = GROUNDS.get(number - 40, COLOURS[number - 40])
            elif number == 49:
                ground = None


def draw_screen(lines, columns, left, top):
    height = len(lines) * HEIGHT + MARGIN
    yield (f'<rect x="{left - 5}" y="{top}" width="{columns * WIDTH + 10:.0f}" height="{height}" '
           f'rx="5" fill="{GROUND}"/>')
    for row, line in enumerate(lines):
        column, y = 0, top + (row + 1) * HEIGHT
        for text, colour, ground, bold in runs(line):
            x = left + column * WIDTH
            if ground and ground != COLOURS[0]:
                yield (f'<rect x="{x:.1f}" y="{y - 11}" width="{len(text) * WIDTH:.1f}" '
                       f'height="{HEIGHT}" fill="{ground}"/>')
            if text.strip():
                weight = ' font-weight="bold"' if bold else ""
                yield (f'<text x="{x:.1f}" y="{y}" fill="{colour}"{weight} '
                       f'textLength="{len(text) * WIDTH:.1f}">{escape(text)}</text>')
            column += len(text)


def draw(screens, columns):
    """The picture of `screens`, lists of lines, one above the other."""
    parts, top = [], MARGIN
    for lines in screens:
        parts += draw_screen(lines, columns, 2 * MARGIN, top)
        top += len(lines) * HEIGHT + 2 * MARGIN
    width = columns * WIDTH + 4 * MARGIN
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{top:.0f}" '
            f'viewBox="0 0 {width:.0f} {top:.0f}" font-family="DejaVu Sans Mono,Menlo,monospace" '
            f'font-size="12" xml:space="preserve">\n' + "\n".join(parts) + "\n</svg>\n")
