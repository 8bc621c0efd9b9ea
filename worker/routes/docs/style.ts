/** Light and dark, by the reader's own setting. */
export const STYLE = `
:root { color-scheme: light dark; --line: #8884; --dim: #888; --paper: #8881; --accent: #2f6fde; }
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.55 system-ui, sans-serif; display: grid; grid-template-columns: 13rem minmax(0, 1fr); }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1.5rem 1rem; border-right: 1px solid var(--line); }
nav strong { display: block; margin-bottom: 1rem; }
nav a { display: block; padding: .15rem 0; color: inherit; text-decoration: none; }
nav a:hover { color: var(--accent); }
main { padding: 1.5rem 2rem 6rem; max-width: 62rem; }
h1 { margin: 0 0 .5rem; font-size: 1.7rem; }
h2 { margin: 2.5rem 0 .25rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h4 { margin: 1rem 0 .25rem; }
p { margin: .35rem 0; }
code, pre { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { background: var(--paper); border: 1px solid var(--line); border-radius: 6px; padding: .75rem 1rem; overflow-x: auto; }
summary { cursor: pointer; }
.operation { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0; padding: .5rem .75rem; }
.operation[open] { padding-bottom: 1rem; }
.method { display: inline-block; width: 4.2rem; font-weight: 700; font-size: 12px; color: var(--accent); }
.method.post { color: #1a8a4a; } .method.put, .method.patch { color: #b97a00; } .method.delete { color: #c8372d; }
.summary, .type, .about, .or { color: var(--dim); }
.fields { list-style: none; margin: .25rem 0; padding-left: .9rem; border-left: 2px solid var(--line); }
.fields li { margin: .2rem 0; }
.fields b { color: #c8372d; margin-left: .15rem; }
.name { font-weight: 600; }
.about p { display: inline; }
.answer { margin: .2rem 0; }
.status { font-weight: 700; margin-right: .4rem; } .status.good { color: #1a8a4a; } .status.bad { color: #c8372d; }
@media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; border: 0; } main { padding: 1rem; } }
`;
