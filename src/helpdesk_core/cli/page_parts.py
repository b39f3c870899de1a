"""The parts of a page of pairs: its style, and a template for each thing on it."""

from __future__ import annotations

from string import Template

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1b1f24; --quiet: #535c66; --line: #d4dae0; --panel: #f5f7f9;
  --link: #0b57a4; --same: #ffe08a; --same-ink: #1b1f24; --common: #fdf3d2; --near: #b3560a;
  --bar: #2f6fb0; --yes: #14652c; --no: #8a3a00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --ink: #e7eaee; --quiet: #aab3bd; --line: #39414a; --panel: #1d2228;
    --link: #8cbcf5; --same: #6b5300; --same-ink: #fff4cf; --common: #37321f; --near: #f0a35e;
    --bar: #6ea8e6; --yes: #7ed39a; --no: #f0ab78;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere;
}
a { color: var(--link); }
a:focus-visible, main:focus-visible, nav:focus-visible {
  outline: 3px solid var(--link); outline-offset: 2px;
}
h1, h2, h3, h4 { line-height: 1.25; margin: 0 0 .5rem; text-wrap: balance; }
h1 { font-size: 1.6rem; }
h2 { font-size: 1.25rem; }
h3 { font-size: 1.05rem; }
h4 { font-size: 1rem; }
p { margin: 0 0 .75rem; max-width: 70ch; }
.quiet { color: var(--quiet); }
.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
.skip { position: absolute; inset-inline-start: -99rem; padding: .5rem 1rem; }
.skip:focus { inset-inline-start: 0; background: var(--paper); z-index: 1; }
header, footer, .page { max-width: 100rem; margin: 0 auto; padding: 1rem; }
header { padding-top: 1.5rem; }
footer { border-top: 1px solid var(--line); color: var(--quiet); }
nav { border: 1px solid var(--line); border-radius: .5rem; background: var(--panel);
  padding: 1rem; margin-bottom: 2rem; max-height: 22rem; overflow-y: auto; }
nav ol { list-style: none; margin: 0; padding: 0; }
nav li { padding: .3rem 0; }
nav li + li { border-top: 1px solid var(--line); }
nav li .quiet { display: block; font-size: .875rem; }
main:focus { outline: none; }
main > section { margin-bottom: 3rem; }
main > section > h2 { border-bottom: 2px solid var(--line); padding-bottom: .5rem; }
.pair { border: 1px solid var(--line); border-radius: .5rem; margin: 1rem 0 1.5rem; padding: 1rem; }
.sides, .why { display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); }
.ticket { background: var(--panel); border-radius: .375rem; padding: .75rem 1rem; min-width: 0; }
.text { white-space: pre-wrap; max-width: none; margin-bottom: .5rem; }
.why { margin-top: 1rem; }
mark { background: var(--same); color: var(--same-ink); border-radius: .2em; padding: 0 .1em; }
mark.common { background: var(--common); color: inherit; }
mark.near { background: none; color: inherit; text-decoration: underline 2px dotted var(--near);
  text-underline-offset: .2em; }
.odd { border: 1px solid var(--quiet); border-radius: .2em; font-size: .8em; padding: 0 .2em; }
.tag { border: 1px solid currentcolor; border-radius: 1rem; font-size: .875rem;
  font-weight: 400; padding: 0 .6rem; white-space: nowrap; }
.yes { color: var(--yes); }
.no { color: var(--no); }
table { border-collapse: collapse; width: 100%; }
caption { text-align: start; font-weight: 600; }
th, td { text-align: start; font-weight: 400; vertical-align: top;
  padding: .25rem .75rem .25rem 0; }
.shares th { white-space: nowrap; }
.shares td:last-child { width: 50%; padding-right: 0; vertical-align: middle; }
.why h4, caption { line-height: 1.25; margin: 0; padding-bottom: .5rem; }
.figures { max-width: 24rem; }
.bar { display: block; height: .6rem; border-radius: .3rem; background: var(--line); }
.bar span { display: block; height: 100%; border-radius: .3rem; background: var(--bar); }
.words { display: flex; flex-wrap: wrap; gap: .4rem; list-style: none; margin: 0; padding: 0; }
.words li { border: 1px solid var(--line); border-radius: .375rem; padding: 0 .5rem; }
.back { margin-top: 1rem; }
.nearly { list-style: none; margin: 0; padding: 0; }
.nearly li { border-bottom: 1px solid var(--line); padding: .5rem 0; }
@media (min-width: 45rem) {
  .sides, .why { grid-template-columns: repeat(2, minmax(0, 1fr)); }
}
@media (min-width: 70rem) {
  .page { display: grid; grid-template-columns: 18rem minmax(0, 1fr); gap: 2rem; }
  nav { position: sticky; top: 1rem; max-height: calc(100vh - 2rem); align-self: start; }
}
@media print {
  nav, .skip, .back { display: none; }
  .page { display: block; }
  .pair { break-inside: avoid; }
}
"""

PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Duplicates in $file</title>
<style>$style</style>
</head>
<body>
<a class="skip" href="#pairs">Skip to the pairs</a>
<header>
<h1>Duplicates in $file</h1>
<p>$groups with $duplicates at a rating of $threshold or more, among $tickets.</p>
$left
<p class="quiet">A rating goes from 0, nothing in common, to 1, the same. <mark>Words in
common</mark> are marked, $words, <mark class="common">those that are everywhere</mark> in a paler
tone; <mark class="near">words that are nearly the same</mark> are underlined.</p>
</header>
<div class="page">
<nav aria-labelledby="contents">
<h2 id="contents">Contents</h2>
<ol>
$contents
</ol>
</nav>
<main id="pairs" tabindex="-1">
$quality
$sections
$near
</main>
</div>
<footer><p>Nothing was merged: a pair that looks alike is a question to whoever knows.</p></footer>
</body>
</html>
""")

LEFT = Template(
    """<p><strong>Only the first $shown are on this page; $left are not.</strong></p>"""
)
AS_WRITTEN = "whatever their case and accents"
STEMS = "whatever their case, accents and endings"
NOTHING = "<section><p>No two are that much alike.</p></section>"

LINE = Template("""<li><a href="#$to">$text</a> <span class="quiet number">$count</span></li>
""")

QUALITY = Template("""<section id="quality" aria-labelledby="quality-title">
<h2 id="quality-title">Known duplicates</h2>
<p>Each row with a known duplicate was asked about, $asked in all. recall@k is the share of them for
which one was among the first k; MRR the mean of 1 / place over the first ten.</p>
<table class="figures"><caption class="quiet">How well they are found</caption>
<tbody>
$rows</tbody></table>
</section>
""")
FIGURE = Template("""<tr><th scope="row">$name</th>
<td class="number">$value</td></tr>
""")

GROUP = Template("""<section id="group-$number" aria-labelledby="title-$number">
<h2 id="title-$number"><bdi>$title</bdi> <span class="quiet">– $count</span></h2>
$pairs<p class="back"><a href="#contents">Back to the contents</a></p>
</section>
""")

PAIR = Template("""<article class="pair" aria-labelledby="pair-$place">
<h3 id="pair-$place"><bdi>$id</bdi> is like <bdi>$master</bdi>: <span class="number">$rating</span>
$known</h3>
<div class="sides">
$sides</div>
<div class="why">
<table class="shares"><caption>What each field gave</caption>
<tbody>
$shares</tbody></table>
<div><h4>What each word in common gave</h4>
<ul class="words">
$words</ul></div>
</div>
</article>
""")
KNOWN = """<span class="tag yes">known duplicates</span>"""
NOT_KNOWN = """<span class="tag no">not known to be duplicates</span>"""

TICKET = Template("""<div class="ticket">
<p class="quiet">$role <bdi>$id</bdi></p>
<h4 dir="auto">$title</h4>
$text
</div>
""")
TEXT = Template("""<p class="text" dir="auto">$text</p>$more""")
MORE = Template("""<p class="quiet">… and $more more characters, not shown.</p>""")
NO_TEXT = """<p class="quiet">No text.</p>"""
PLAIN = Template("$part")
SAME = Template("<mark>$part</mark>")
COMMON = Template("""<mark class="common">$part</mark>""")
NEAR = Template("""<mark class="near">$part</mark>""")

SHARE = Template("""<tr><th scope="row">$name</th>
<td class="number">$value</td>
<td><span class="bar" aria-hidden="true"><span style="width: $width%"></span></span></td></tr>
""")
WORD = Template("""<li><bdi>$word</bdi> <span class="quiet number">$value</span></li>
""")
REST = Template("""<li class="quiet">$what <span class="number">$value</span></li>
""")

NEARLY = Template("""<section id="near" aria-labelledby="near-title">
<h2 id="near-title">Nearly</h2>
<p>Not grouped, though close: each with the one that it is most like.</p>
<ul class="nearly">
$rows</ul>
<p class="back"><a href="#contents">Back to the contents</a></p>
</section>
""")
NEAR_ROW = Template("""<li><bdi>$one</bdi> <span class="quiet"><bdi>$one_title</bdi></span>
is like <bdi>$other</bdi> <span class="quiet"><bdi>$other_title</bdi></span>:
<strong class="number">$rating</strong>, but $reason.</li>
""")
