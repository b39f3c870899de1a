"""The parts of the page of a comparison: what it adds to the style, its script, its templates."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from string import Template

STYLE = """
:root {
  --s0: #1b1f24; --s1: #0b57a4; --s2: #b3560a; --s3: #14652c; --s4: #8a1f7a; --s5: #a11d2b;
  --s6: #00707a; --s7: #6b5300;
}
@media (prefers-color-scheme: dark) {
  :root {
    --s0: #e7eaee; --s1: #8cbcf5; --s2: #f0a35e; --s3: #7ed39a; --s4: #e39bdc; --s5: #ff9c9c;
    --s6: #6fd3dc; --s7: #d9bf5a;
  }
}
header, footer, main { max-width: 72rem; margin: 0 auto; padding: 1rem; }
main > section { margin-bottom: 2.5rem; }
p, li { max-width: 70ch; }
.s0 { --s: var(--s0); } .s1 { --s: var(--s1); --dash: 7 3; } .s2 { --s: var(--s2); --dash: 2 2; }
.s3 { --s: var(--s3); --dash: 10 3 2 3; } .s4 { --s: var(--s4); --dash: 14 4; }
.s5 { --s: var(--s5); --dash: 4 4; } .s6 { --s: var(--s6); --dash: 8 2 2 2 2 2; }
.s7 { --s: var(--s7); --dash: 1 3; }
.line { fill: none; stroke: var(--s); stroke-width: 2; stroke-dasharray: var(--dash, none);
  vector-effect: non-scaling-stroke; }
.changes { list-style: none; margin: 0; padding: 0; }
.changes li { border-inline-start: .35rem solid var(--s); padding: .1rem 0 .1rem .75rem;
  margin-bottom: 1rem; }
.changes strong { display: block; }
figure { margin: 0 0 1rem; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; list-style: none; padding: 0;
  margin: 0 0 .75rem; }
.legend li { display: flex; align-items: center; gap: .5rem; }
.legend svg { flex: none; width: 2.5rem; height: .75rem; }
.plot { display: grid; grid-template-columns: auto minmax(0, 1fr); column-gap: .5rem; }
.plot > svg { width: 100%; height: 15rem; overflow: visible;
  border-bottom: 1px solid var(--quiet); }
.grid { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
.y, .x { display: flex; justify-content: space-between; color: var(--quiet); font-size: .875rem;
  font-variant-numeric: tabular-nums; }
.y { flex-direction: column; text-align: end; line-height: 1; margin: -.45rem 0; }
.x { grid-column: 2; padding-top: .35rem; gap: .5rem; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; }
.scroll:focus-visible, summary:focus-visible, button:focus-visible {
  outline: 3px solid var(--link); outline-offset: 2px; }
.tall { max-height: 24rem; overflow-y: auto; }
.scroll table { width: 100%; overflow-wrap: normal; }
.scroll th, .scroll td { padding: .35rem .75rem; border-bottom: 1px solid var(--line); }
.scroll tbody tr:last-child > * { border-bottom: 0; }
.scroll thead th { vertical-align: bottom; font-weight: 600; }
.scroll th[scope=row] { position: sticky; inset-inline-start: 0; background: var(--paper);
  min-width: 8rem; max-width: 16rem; overflow-wrap: anywhere; }
.scroll thead th { min-width: 6.5rem; }
.scroll thead td { position: sticky; inset-inline-start: 0; background: var(--paper); }
.scroll .number, .scroll thead th { text-align: end; }
.loads thead th, .loads td { text-align: start; }
.loads td { min-width: 8.5rem; white-space: nowrap; }
.loads th[scope=row] { vertical-align: middle; }
.area { display: block; width: 8rem; height: 2.25rem; border-bottom: 1px solid var(--quiet); }
.area path { fill: var(--bar); }
@media (min-width: 60rem) { .scroll th[scope=row] { width: 16rem; } }
.scroll .hours { width: auto; border-collapse: separate; border-spacing: 2px; margin: .5rem; }
.scroll .hours th[scope], .scroll .hours td { padding: .1rem .25rem; text-align: end; border: 0;
  width: auto; min-width: 2rem; font-size: .875rem; font-variant-numeric: tabular-nums; }
@media (min-width: 45rem) { .scroll .hours td { min-width: 4rem; } }
.hours td { background: color-mix(in srgb, var(--bar) var(--v), transparent);
  border-radius: .2rem; }
details { margin-top: .75rem; }
summary { cursor: pointer; width: fit-content; }
details > :not(summary) { margin-top: .5rem; }
button { font: inherit; color: var(--ink); background: var(--panel); cursor: pointer;
  border: 1px solid var(--quiet); border-radius: .375rem; padding: .35rem 1rem; }
.copy { margin: .75rem 0 0; }
button[hidden] { display: none; }
pre { margin: 0; padding: .75rem; overflow: auto; overflow-wrap: normal; max-height: 20rem; }
@media print { details, button { display: none; } }
"""

SCRIPT = """
for (const button of document.querySelectorAll("button[data-copies]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copies);
    const said = button.parentElement.querySelector("[role=status]");
    try {
      await navigator.clipboard.writeText(source.textContent);
      said.textContent = "Copied.";
    } catch {
      source.closest("details").open = true;
      getSelection().selectAllChildren(source);
      said.textContent = "Selected: copy it with Ctrl+C.";
    }
  });
}
"""
SCRIPT_HASH = b64encode(sha256(SCRIPT.encode()).digest()).decode()

PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
style-src 'unsafe-inline'; script-src 'sha256-$hash'">
<title>Backtest of $file</title>
<style>$style</style>
</head>
<body>
<a class="skip" href="#changes">Skip to what changes</a>
<header>
<h1>Backtest of $file</h1>
<p>$counts, from $first to $last ($zone). In history a case is had by $owners. $absences</p>
</header>
<main>
<section id="changes" aria-labelledby="changes-title" tabindex="-1">
<h2 id="changes-title">What changes</h2>
<p>$summary</p>
<ul class="changes">
$changes</ul>
</section>
<section aria-labelledby="figures-title">
<h2 id="figures-title">Figures</h2>
<div class="scroll" tabindex="0" role="region" aria-labelledby="figures-title">
<table><thead><tr><td></td>$heads</tr></thead>
<tbody>
$figures</tbody></table></div>
<p class="copy"><button type="button" data-copies="tsv" hidden>Copy as a table</button>
<span role="status"></span></p>
<details><summary>As text, with the figures of each person</summary>
<div class="scroll" tabindex="0" role="region" aria-label="The figures as text">
<pre id="tsv">$tsv</pre></div></details>
</section>
<section aria-labelledby="spread-title">
<h2 id="spread-title">Spread of open cases over time</h2>
<p>How many more open cases the busiest has than the idlest: the greatest such difference in every
$days. Who is away counts too.</p>
$spread
</section>
<section aria-labelledby="loads-title">
<h2 id="loads-title">Open cases of each person over time</h2>
<p>The most that each has open in every $days, all on one scale from 0 to $top. $left</p>
<div class="scroll" tabindex="0" role="region" aria-labelledby="loads-title">
<table class="loads"><thead><tr><td></td>$heads</tr></thead>
<tbody>
$loads</tbody></table></div>
</section>
<section aria-labelledby="waiting-title">
<h2 id="waiting-title">Waiting for somebody</h2>
<p>A case waits while it is open and nobody has been there for it: in history until an event names
somebody, by a policy until its assignee is there, or somebody can take it.</p>
$waiting
</section>
<section aria-labelledby="hours-title">
<h2 id="hours-title">Busiest hours</h2>
<p>$busiest</p>
<div class="scroll" tabindex="0" role="region" aria-labelledby="hours-title">
<table class="hours"><caption class="quiet">Cases that came, by hour and day of the week</caption>
<thead><tr><td></td>$week</tr></thead>
<tbody>
$hours</tbody></table></div>
</section>
$away
<section aria-labelledby="limits-title">
<h2 id="limits-title">What this cannot tell</h2>
<ul>
<li>Every case is closed when it was closed in history, whoever has it: nobody is quicker or slower
at another's case, and nobody works otherwise for having more or fewer.</li>
<li>A case that is opened again stays with who had it, also over a capacity.</li>
<li>Everybody whom the log names is in the team for all of it, except while away.</li>
<li>What a case is about, and who can do what, is not in these figures.</li>
<li>An open case is somebody's as a whole: in history by the rule above, even from before they
came to it.</li>
</ul>
</section>
</main>
<footer><p>Made from the log alone, by the policies alone: no help desk was changed.</p></footer>
<script>$script</script>
</body>
</html>
""")

CHANGE = Template("""<li class="s$number"><strong>$name</strong> $text</li>
""")
HEAD = Template("""<th scope="col"><bdi>$head</bdi></th>""")
ROW = Template("""<tr><th scope="row"><bdi>$head</bdi></th>$cells</tr>
""")
NUMBER = Template("""<td class="number">$value</td>""")

CHART = Template("""<figure>
<ul class="legend">
$legend</ul>
<div class="plot"><div class="y" aria-hidden="true"><span>$top</span><span>$middle</span>\
<span>0</span></div>
<svg viewBox="0 0 $columns $top" preserveAspectRatio="none" role="img" aria-label="$label">
<path class="grid" d="M0 0H${columns}M0 ${middle}H$columns"/>
$lines</svg>
<div class="x" aria-hidden="true"><span>$first</span><span>$half</span><span>$last</span></div>
</div>
<details><summary>The numbers</summary>
<div class="scroll tall" tabindex="0" role="region" aria-label="$title: the numbers">
<table><thead><tr><th scope="col">from</th>$heads</tr></thead>
<tbody>
$rows</tbody></table></div></details>
</figure>
""")
LINE = Template("""<path class="line s$number" d="$path"/>
""")
KEY = Template("""<li><svg viewBox="0 0 40 12" aria-hidden="true">\
<path class="line s$number" d="M0 6H40"/></svg>
<span>$name <span class="quiet number">at most $most</span></span></li>
""")
AREA = Template("""<svg class="area" viewBox="0 0 $columns $top" preserveAspectRatio="none" \
aria-hidden="true"><path d="$path"/></svg>""")
LOAD = Template("""<td>$area<span class="number">up to $most open</span><br>\
<span class="quiet number">$cases</span></td>""")
HOUR = Template("""<td style="--v: $share%">$number</td>""")

NO_WAITS = "<p>No case waits, in history or by any of the others.</p>"
OTHERS = Template("<p>No case waits in: $names.</p>")
AWAY = Template("""<section aria-labelledby="away-title">
<h2 id="away-title">Absences worked out from the log</h2>
<p>$rule</p>
<details><summary>$count</summary>
<div class="scroll tall" tabindex="0" role="region" aria-labelledby="away-title">
<table><thead><tr><th scope="col">person</th><th scope="col">first day</th>\
<th scope="col">back on</th></tr></thead>
<tbody>
$rows</tbody></table></div></details>
</section>
""")
SPELL = Template("""<tr><th scope="row"><bdi>$person</bdi></th><td class="number">$first</td>\
<td class="number">$back</td></tr>
""")
