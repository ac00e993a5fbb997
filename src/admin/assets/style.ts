/** Colours have a contrast of 4.5 or more on their ground, light and dark (WCAG 2.2, 1.4.3). */
export const STYLE = `:root{color-scheme:light dark;
--ground:#f7f8fa;--card:#fff;--ink:#1c2733;--soft:#556372;--line:#d9dfe6;--link:#0b5cad;
--good:#176b3a;--good-ground:#e0f4e7;--fair:#7a5200;--fair-ground:#fdf1d6;--bad:#a3201d;--bad-ground:#fde5e3}
@media (prefers-color-scheme:dark){:root{
--ground:#12171d;--card:#1a2129;--ink:#e4e9ee;--soft:#a3b0bd;--line:#313b46;--link:#7db8f5;
--good:#7ddba0;--good-ground:#16341f;--fair:#f0c869;--fair-ground:#3a2d0e;--bad:#ff9c94;--bad-ground:#44191a}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
header{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;align-items:center;padding:.7rem 1.5rem;background:var(--card);border-bottom:1px solid var(--line)}
nav{display:flex;flex-wrap:wrap;gap:.2rem 1rem}
a{color:var(--link)}nav a[aria-current]{color:var(--ink);font-weight:600;text-decoration:none;border-bottom:2px solid var(--link)}
.brand{font-size:1.05rem;letter-spacing:.01em}
.actions{display:flex;gap:.5rem;align-items:center;margin-left:auto}
[hidden]{display:none!important}
button,input{font:inherit;color:inherit;background:var(--ground);border:1px solid var(--soft);border-radius:6px;padding:.2rem .7rem}
button{cursor:pointer}button[aria-pressed=true]{background:var(--good-ground);color:var(--good);border-color:var(--good)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.skip{position:absolute;left:-99rem}.skip:focus{left:.5rem;top:.5rem;background:var(--card);padding:.3rem .8rem;z-index:1}
main{padding:1rem 1.5rem 3rem;max-width:110rem;margin:auto}main:focus{outline:none}
h1{font-size:1.3rem;margin:.4rem 0 1rem}h2{font-size:1.05rem;margin:1.8rem 0 .5rem}
p{margin:.3rem 0 .6rem;color:var(--soft)}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(11rem,1fr));gap:.8rem;margin:0}
.cards div{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.8rem 1rem}
dt{color:var(--soft);font-size:.85rem}dd{margin:0;font-size:1.4rem;font-variant-numeric:tabular-nums}dd.note{font-size:.85rem;color:var(--soft)}
.scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:10px}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.4rem .9rem;border-bottom:1px solid var(--line);vertical-align:top}
th{font-size:.8rem;font-weight:600;color:var(--soft);white-space:nowrap}tbody tr:last-child td{border-bottom:0}
td,pre,code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:13px}
td small,.same{color:var(--soft)}time{white-space:nowrap}
.badge{display:inline-block;border-radius:99px;padding:0 .6rem;font-weight:600;white-space:nowrap}
.good{color:var(--good);background:var(--good-ground)}.fair{color:var(--fair);background:var(--fair-ground)}.bad{color:var(--bad);background:var(--bad-ground)}
pre{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.8rem 1rem;overflow-x:auto;margin:.3rem 0}
[role=alert] pre{background:var(--bad-ground);color:var(--bad);border-color:var(--bad)}
.filter input{width:min(24rem,60vw)}footer{margin-top:2rem;color:var(--soft)}
`
