//! What the rows are made of.

/// The tables, the busiest first.
pub(super) const TABLES: [&str; 40] = [
    "order",
    "order_line",
    "payment",
    "product",
    "customer",
    "address",
    "stock_level",
    "shipment",
    "invoice",
    "refund",
    "cart",
    "coupon",
    "price",
    "supplier",
    "purchase",
    "delivery",
    "employee",
    "shift",
    "recipe",
    "ingredient",
    "allergen",
    "oven",
    "branch",
    "region",
    "tax_rate",
    "currency",
    "newsletter",
    "subscription",
    "review",
    "ticket",
    "message",
    "attachment",
    "category",
    "tag",
    "media",
    "page",
    "translation",
    "webhook",
    "api_key",
    "role",
];

/// What the columns of a row are called that hold text.
pub(super) const COLUMNS: [&str; 8] = [
    "name", "note", "status", "city", "label", "carrier", "unit", "comment",
];

/// Words of values and titles.
pub(super) const WORDS: [&str; 16] = [
    "sacher", "linzer", "apricot", "rye", "poppy", "walnut", "butter", "oven", "crumb", "glaze",
    "batch", "tray", "dough", "flour", "sugar", "yeast",
];

pub(super) const FIRST_NAMES: [&str; 20] = [
    "Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Margaret", "Dennis", "Radia", "Ken",
    "Frances", "Niklaus", "Hedy", "Tony", "Karen", "Leslie", "Zoë", "Jörg", "Øyvind", "李娜",
];

pub(super) const LAST_NAMES: [&str; 16] = [
    "Baker",
    "Miller",
    "Huber",
    "O'Brien",
    "Novák",
    "García",
    "Müller",
    "Rossi",
    "Nguyễn",
    "Smith-Jones",
    "de Vries",
    "Kowalski",
    "Íñiguez",
    "Papadopoulos",
    "Svensson",
    "Dubois",
];

pub(super) const AGENTS: [&str; 6] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "bakery-app/4.2 (Android 15)",
    "python-requests/2.32",
];

pub(super) const CITIES: [(&str, &str); 6] = [
    ("Austria", "Wien"),
    ("Germany", "Köln"),
    ("France", "Lyon"),
    ("Japan", "東京"),
    ("Brazil", "São Paulo"),
    ("Kenya", "Nairobi"),
];

/// Text that attacks whoever shows, searches or exports it.
pub(super) const HOSTILE: [&str; 14] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'; DROP TABLE audit_log; --",
    "=HYPERLINK(\"https://evil.example\",\"click\")",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "{{7*7}} ${7*7} <%= 7*7 %>",
    "%_!\\",
    "line one\r\nline two\tand a tab",
    "\u{202e}drowssap\u{202c} and back",
    "👩\u{200d}🍳 bakes 🥐",
    "e\u{301}\u{323}\u{308}\u{30a} combined",
    "   ",
    "NULL",
    "../../../etc/passwd",
];

pub(super) const EXPORTS: [&str; 6] = [
    "orders",
    "customers",
    "invoices",
    "audit_log",
    "stock",
    "payroll",
];

pub(super) const FORMATS: [&str; 5] = ["CSV", "XLSX", "JSON", "PDF", "JSON Lines"];
