namespace ActorTrainer.Reports;

/// <summary>The page's looks, for light and dark.</summary>
internal static class ReportStyle
{
    public const string Sheet = """
        :root { color-scheme: light dark; --paper:#fff; --ink:#1c2024; --soft:#6a737d; --rule:#e3e6ea; --card:#f6f7f9; --s1:#2f6fde; --s2:#d9662b; --s3:#2c9a63; --good:#2f9e62; --bad:#d64545 }
        @media (prefers-color-scheme: dark) { :root { --paper:#15181c; --ink:#e6e8ea; --soft:#98a1ab; --rule:#2c3238; --card:#1d2126; --s1:#6da3ff; --s2:#ff9a63; --s3:#5fd39a; --good:#3fae74; --bad:#e06666 } }
        * { box-sizing: border-box }
        body { margin:0; background:var(--paper); color:var(--ink); font:15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif }
        main { max-width:1040px; margin:0 auto; padding:32px 20px 64px }
        header { display:flex; align-items:baseline; gap:16px; flex-wrap:wrap }
        h1 { margin:0; font-size:28px } h2 { margin:40px 0 12px; font-size:20px } h3 { margin:20px 0 8px; font-size:16px }
        .state { margin:0; padding:2px 10px; border-radius:12px; background:var(--card); color:var(--soft) }
        .state.Completed { color:var(--good) } .state.Failed { color:var(--bad) }
        .tiles { display:flex; flex-wrap:wrap; gap:12px; margin:20px 0 }
        .tile { background:var(--card); border-radius:8px; padding:12px 18px; min-width:120px } .tile b { display:block; font-size:24px; font-variant-numeric:tabular-nums } .tile span { color:var(--soft); font-size:13px }
        table { border-collapse:collapse } th { text-align:left; font-weight:600 } td, th { padding:4px 10px 4px 0; vertical-align:top }
        .facts { margin-bottom:16px } .facts th { color:var(--soft); font-weight:400; white-space:nowrap; padding-right:20px } .facts td { overflow-wrap:anywhere }
        .list { width:100%; font-size:14px } .list thead th { border-bottom:1px solid var(--rule); color:var(--soft); font-weight:400 } .list td { border-bottom:1px solid var(--rule); overflow-wrap:anywhere }
        .n { text-align:right; font-variant-numeric:tabular-nums; white-space:nowrap } .time { white-space:nowrap; color:var(--soft); width:1% }
        .n + :not(.n) { padding-left:20px } .facts td { font-variant-numeric:tabular-nums }
        .bar { background:linear-gradient(to right, color-mix(in srgb, var(--s3) 28%, transparent) var(--v), transparent var(--v)) }
        figure { margin:0 0 20px } figcaption { font-weight:600; margin-bottom:4px } svg { width:100%; height:auto; display:block }
        .key { font-weight:400; font-size:13px; margin-left:12px } .key::before { content:""; display:inline-block; width:10px; height:10px; border-radius:5px; margin-right:5px; background:currentColor }
        .key.s1 { color:var(--s1) } .key.s2 { color:var(--s2) } .key.s3 { color:var(--s3) }
        .grid { stroke:var(--rule) } .mark { stroke:var(--soft); stroke-dasharray:3 3 } .tick { fill:var(--soft); font-size:11px }
        .line { fill:none; stroke-width:1.6; stroke-linejoin:round } .line.thin { stroke-width:1; stroke-opacity:.6 }
        .line.s1 { stroke:var(--s1) } .line.s2 { stroke:var(--s2) } .line.s3 { stroke:var(--s3) } .dot.s1 { fill:var(--s1) } .dot.s2 { fill:var(--s2) } .dot.s3 { fill:var(--s3) }
        .wide { overflow-x:auto } .matrix { font-size:12px } .matrix td { text-align:center; min-width:28px; height:28px; padding:2px 4px; border:1px solid var(--rule); font-variant-numeric:tabular-nums; vertical-align:middle }
        .matrix th { font-weight:400; white-space:nowrap; padding:2px 8px 2px 0; vertical-align:middle } .matrix .up { vertical-align:bottom; padding:0 0 6px; text-align:center } .matrix .up span { writing-mode:vertical-rl; transform:rotate(180deg) }
        .right { background:color-mix(in srgb, var(--good) var(--v), transparent) } .wrong { background:color-mix(in srgb, var(--bad) calc(var(--v) * 1.5 + 8%), transparent) }
        .confused { columns:2; padding:0; list-style:none } .confused b { display:inline-block; min-width:2em; text-align:right; margin-right:8px } .confused span { color:var(--soft) }
        .mistakes { display:grid; grid-template-columns:repeat(auto-fill, minmax(150px, 1fr)); gap:14px } .mistakes figure { margin:0; background:var(--card); border-radius:8px; padding:10px }
        .mistakes img { width:100%; height:130px; object-fit:contain; image-rendering:auto } .mistakes figcaption { font-weight:400; font-size:13px; overflow-wrap:anywhere } .mistakes small { display:block; color:var(--soft); white-space:nowrap; overflow:hidden; text-overflow:ellipsis }
        .none { color:var(--soft) } pre { background:var(--card); border-radius:8px; padding:14px; overflow-x:auto; font-size:13px } summary { cursor:pointer; color:var(--soft) }
        @media print { details:not([open]) > pre { display:block } }
        """;
}
