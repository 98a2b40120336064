//! Strings that try to become script, and strings that people find bugs with.

use std::collections::HashSet;

use serde_json::Value;

/// The Big List of Naughty Strings.
const NAUGHTY: &str = include_str!("../vendor/blns/blns.json");

/// Elements that run a handler by themselves, each without its `<` and `>`.
const BY_ITSELF: [(&str, &str); 18] = [
    ("svg", "onload"),
    ("img src=x", "onerror"),
    ("body", "onload"),
    ("iframe", "onload"),
    ("video src=x", "onerror"),
    ("audio src=x", "onerror"),
    ("video><source", "onerror"),
    ("input autofocus", "onfocus"),
    ("select autofocus", "onfocus"),
    ("textarea autofocus", "onfocus"),
    ("details open", "ontoggle"),
    ("object data=x", "onerror"),
    ("style", "onload"),
    ("link rel=stylesheet href=x", "onerror"),
    ("script src=x", "onerror"),
    ("svg><animate attributeName=x dur=1s", "onbegin"),
    ("a tabindex=0 autofocus", "onfocus"),
    ("image src=x", "onerror"),
];

/// What ends the place where a text may stand.
const WAYS_OUT: [&str; 13] = [
    "",
    "\">",
    "'>",
    "</td>",
    "</title>",
    "</textarea>",
    "</script>",
    "</style>",
    "-->",
    "]]>",
    "</option></select>",
    "</pre></dd>",
    "</a>",
];

/// What a payload does once it runs: each makes itself noticed by the canary.
const CALLS: [&str; 8] = [
    "alert(1)",
    "confirm(1)",
    "prompt(1)",
    "fetch('//x')",
    "console.log(1)",
    "top['al'+'ert'](1)",
    "eval('al'+'ert(1)')",
    "canary()",
];

/// Handlers that wait for somebody, as attributes of an element that is there already.
const ATTRIBUTES: [&str; 16] = [
    "onclick",
    "ondblclick",
    "onmouseover",
    "onmouseenter",
    "onmousemove",
    "onpointerdown",
    "onfocus",
    "onblur",
    "onkeydown",
    "oninput",
    "onchange",
    "onwheel",
    "onscroll",
    "oncopy",
    "onanimationend",
    "ontransitionend",
];

/// Addresses that are scripts.
const ADDRESSES: [&str; 14] = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    " javascript:alert(1)",
    "\u{1}javascript:alert(1)",
    "javascript&colon;alert(1)",
    "&#106;avascript:alert(1)",
    "&#x6A;avascript:alert(1)",
    "javascript:/*--></title>*/alert(1)",
    "javascript://%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "vbscript:msgbox(1)",
];

/// Ways to write a payload so that a filter does not see it.
const DISGUISES: [fn(&str) -> String; 12] = [
    |text| text.to_uppercase(),
    |text| text.replace(' ', "/"),
    |text| text.replace(' ', "\t"),
    |text| text.replace(' ', "\n"),
    |text| text.replace(' ', "\u{c}"),
    |text| text.replace('<', "&lt;").replace('>', "&gt;"),
    |text| text.replace('<', "&#60").replace('>', "&#62"),
    |text| text.replace('<', "%3C").replace('>', "%3E"),
    |text| text.replace('<', "\\u003c").replace('>', "\\u003e"),
    |text| text.replace('<', "＜").replace('>', "＞"),
    |text| text.replace('<', "<<").replace("on", "\u{0}on"),
    |text| text.replace('<', "+ADw-").replace('>', "+AD4-"),
];

/// What is not of a family.
const OTHERS: [&str; 34] = [
    "<script>alert(1)</script>",
    "<ScRiPt>alert(1)</sCrIpT>",
    "<script>alert`1`</script>",
    "<script >alert(1)</script >",
    "<script\n>alert(1)</script\n>",
    "<script/x>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script>alert(1)//",
    "<script>alert(1)<!--",
    "<!--><script>alert(1)</script>",
    "<svg><script>alert&#40;1&#41;</script></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<template><script>alert(1)</script></template>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<base href=//x/>",
    "<form><button formaction=javascript:alert(1)>x</button></form>",
    "<form id=location><input name=href>",
    "<isindex action=javascript:alert(1) type=image>",
    "<style>@import '//x/x.css';</style>",
    "<div style=\"background:url(//x)\">",
    "<div style=\"width:expression(alert(1))\">",
    "<plaintext>",
    "<xmp><img src=x onerror=alert(1)></xmp>",
    "{{7*7}}{{constructor.constructor('alert(1)')()}}",
    "${alert(1)}#{alert(1)}<%= alert(1) %>{% raw %}",
    "jaVasCript:/*-/*`/*\\`/*'/*\"/**/(/* */oNcliCk=alert() )//%0D%0A%0d%0a//</stYle/</titLe/</teXtarEa/</scRipt/--!>\\x3csVg/<sVg/oNloAd=alert()//>\\x3e",
    "'\"()&%<acx><ScRiPt >alert(1)</ScRiPt>",
    "\\\";alert(1)//",
    "';alert(1)//",
    "</script><script>alert(1)</script>",
    "<a href=\"javascript:alert(1)\" autofocus>x</a>",
];

/// More strings that people find bugs with, beyond the list's.
fn more_naughty() -> Vec<String> {
    let long = "x".repeat(20_000);
    let zalgo = format!("e{}", "\u{301}\u{489}".repeat(60));
    let fixed = [
        "=cmd|' /C calc'!A0",
        "@SUM(1+9)*cmd|' /C calc'!A0",
        "+1",
        "-1",
        "\t=1",
        "＝1+1",
        "'; DROP TABLE audit_log;--",
        "\\",
        "\\'",
        "%s%n%x",
        "%00",
        "../../etc/passwd",
        "null",
        "NULL",
        "undefined",
        "NaN",
        "true",
        "[]",
        "{}",
        "0",
        "-0",
        "1e999",
        "\u{202e}drowssap\u{202c}",
        "\u{2066}a\u{2069}",
        "\u{200b}\u{200d}\u{feff}",
        "👩‍👩‍👧‍👦🏳️‍🌈",
        "שלום عليكم",
        "Ω≈ç√∫˜µ≤≥÷",
        "a\u{0}b",
        "\u{1b}[31m",
        "line\r\nbreak\u{2028}\u{2029}",
        "\u{fffd}\u{ffff}",
        "<",
        ">",
        "&",
        "&amp;",
        "\"",
        "'",
        "`",
    ];
    let fixed = fixed.map(str::to_owned);
    fixed.into_iter().chain([long, zalgo]).collect()
}

/// At least 500 strings that run a script, or would, where a page does not escape them.
#[must_use]
pub fn scripts() -> Vec<String> {
    let mut calls = CALLS.into_iter().cycle();
    let mut call = || calls.next().unwrap_or_default();
    let mut all: Vec<String> = OTHERS.map(str::to_owned).to_vec();
    for (element, handler) in BY_ITSELF {
        for out in WAYS_OUT {
            all.push(format!("{out}<{element} {handler}={}>", call()));
        }
        let plain = format!("<{element} {handler}=alert(1)>");
        all.extend(DISGUISES.into_iter().map(|disguise| disguise(&plain)));
    }
    for handler in ATTRIBUTES {
        for quote in ["\"", "'", " "] {
            all.push(format!("x{quote} {handler}={quote}{}", call()));
        }
    }
    all.extend(ADDRESSES.map(str::to_owned));
    all.extend(ADDRESSES.map(|address| format!("<a href=\"{address}\">x</a>")));
    all
}

/// Strings that people find bugs with.
#[must_use]
pub fn naughty() -> Vec<String> {
    let listed: Value = serde_json::from_str(NAUGHTY).expect("the list is JSON");
    let listed = listed.as_array().into_iter().flatten();
    let listed = listed.filter_map(|text| Some(text.as_str()?.to_owned()));
    let mut seen = HashSet::new();
    let all = listed.chain(more_naughty());
    all.filter(|text| seen.insert(text.clone())).collect()
}
