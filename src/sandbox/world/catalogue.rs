//! What people read, click and receive: the web site and the mailings of the firm that runs this Marketo,
//! and the words that go with them.

/// Where the firm's pages live.
pub const SITE: &str = "https://www.brightwater.example";

pub const TITLES: &[&str] = &[
    "Chief Financial Officer",
    "VP, Operations",
    "Head of Procurement",
    "IT Director",
    "Marketing Manager",
    "Supply Chain Lead",
    "Product Owner",
    "Plant Manager",
    "Data Engineer",
    "Leiterin Einkauf",
    "Directeur général",
    "Inköpschef",
    "Sales Director, EMEA",
    "Chief Technology Officer",
    "Senior Buyer",
    "Customer Success Manager",
    "Quality Manager",
    "HR Business Partner",
    "Geschäftsführer",
    "Responsable qualité",
    "CEO & Founder",
    "R&D Engineer",
    "Controller",
    "Head of \"New Work\"",
    "Solutions Architect",
    "Security Officer",
    "Fleet Coordinator",
    "Legal Counsel",
];
pub const LEAD_SOURCES: &[&str] =
    &["Web", "Trade Show", "Webinar", "Referral", "Partner", "Paid Search", "Content Syndication", "Cold Call", "Social"];
pub const LEAD_STATUSES: &[&str] = &["Open - Not Contacted", "Working - Contacted", "Nurturing", "Qualified", "MQL", "SQL"];
pub const REASONS: &[&str] = &[
    "Changed by Smart Campaign Lifecycle.02 Promote to MQL",
    "SFDC: Updated by sync",
    "Web form fill-out",
    "Changed by Smart Campaign Data Hygiene.Normalize",
];

/// A page: its number, its path, its title.
pub const PAGES: &[(u32, &str, &str)] = &[
    (2001, "/", "Brightwater | Home"),
    (2002, "/pricing", "Pricing"),
    (2003, "/product/overview", "Product overview"),
    (2004, "/product/forecasting", "Demand forecasting"),
    (2005, "/product/integrations?tab=erp", "Integrations"),
    (2006, "/customers/halcyon-marine", "Customer story: Halcyon Marine"),
    (2007, "/customers/fjord-foods", "Customer story: Fjord Foods"),
    (2008, "/resources/guide-inventory-2026", "Guide: Inventory in 2026"),
    (2009, "/resources/roi-calculator", "ROI calculator"),
    (2010, "/webinars/from-spreadsheet-to-forecast", "Webinar: From spreadsheet to forecast"),
    (2011, "/blog/five-signs-you-overstock", "Five signs you overstock"),
    (2012, "/blog/bestaende-richtig-planen", "Bestände richtig planen"),
    (2013, "/about/careers", "Careers"),
    (2014, "/contact-sales", "Talk to sales"),
    (2015, "/demo", "Book a demo"),
    (2016, "/security", "Security & compliance"),
    (2017, "/docs/api/getting-started", "API: getting started"),
    (2018, "/events/summit-2026", "Brightwater Summit 2026"),
];

/// A form: its number, its name, the page that carries it, how much a fill-out is worth.
pub const FORMS: &[(u32, &str, u32, i64)] = &[
    (1021, "Resources.Guide Download", 2008, 8),
    (1022, "Webinars.Registration", 2010, 12),
    (1023, "Website.Contact Sales", 2014, 25),
    (1024, "Website.Demo Request", 2015, 30),
    (1025, "Events.Summit Sign-up", 2018, 15),
];

/// Where visitors come from: referrer, search engine, search query.
pub const REFERRERS: &[(&str, &str, &str)] = &[
    ("", "", ""),
    ("", "", ""),
    ("https://www.google.com/", "Google", "demand forecasting software"),
    ("https://www.google.com/", "Google", "brightwater pricing"),
    ("https://duckduckgo.com/", "", ""),
    ("https://www.bing.com/search?q=inventory+planning", "Bing", "inventory planning"),
    ("https://www.linkedin.com/", "", ""),
    ("https://news.example/supply-chain/why-forecasts-fail", "", ""),
    ("https://www.google.de/", "Google", "bestandsplanung software vergleich"),
];

/// Links that leave a page: number and address.
pub const LINKS: &[(u32, &str)] = &[
    (3101, "https://www.brightwater.example/files/datasheet.pdf"),
    (3102, "https://partners.example/brightwater"),
    (3103, "https://www.brightwater.example/files/price-list-2026.pdf"),
    (3104, "https://status.brightwater.example/"),
];

/// A mailing: its number, its name (programme and e-mail), campaign, link in it.
pub const MAILINGS: &[(u32, &str, u32, &str)] = &[
    (5011, "Newsletter 2026-Q1.January Issue", 1201, "https://www.brightwater.example/blog/five-signs-you-overstock"),
    (5012, "Newsletter 2026-Q2.Spring Issue", 1202, "https://www.brightwater.example/customers/fjord-foods"),
    (5013, "Webinar Forecast.Invitation", 1203, "https://www.brightwater.example/webinars/from-spreadsheet-to-forecast"),
    (5014, "Webinar Forecast.Reminder", 1204, "https://www.brightwater.example/webinars/from-spreadsheet-to-forecast"),
    (5015, "Nurture Retail.Stream 1 - Stock-outs", 1205, "https://www.brightwater.example/resources/guide-inventory-2026"),
    (5016, "Nurture Retail.Stream 2 - ROI", 1206, "https://www.brightwater.example/resources/roi-calculator"),
    (5017, "Summit 2026.Save the Date", 1207, "https://www.brightwater.example/events/summit-2026"),
    (5018, "Summit 2026.Agenda", 1208, "https://www.brightwater.example/events/summit-2026"),
    (5019, "Product.Release Notes \"Larch\"", 1209, "https://www.brightwater.example/product/overview"),
    (5020, "Nurture DACH.Bestände, richtig geplant", 1210, "https://www.brightwater.example/blog/bestaende-richtig-planen"),
    (5021, "Re-engagement.We miss you", 1211, "https://www.brightwater.example/product/forecasting"),
    (5022, "Customer Stories.Halcyon Marine", 1212, "https://www.brightwater.example/customers/halcyon-marine"),
];

/// A template that reps send from: number, name, subject.
pub const SALES_TEMPLATES: &[(u32, &str, &str)] = &[
    (801, "First touch", "Quick question about your planning"),
    (802, "After the demo", "What we discussed, and two numbers"),
    (803, "Pricing follow-up", "The price list you asked for"),
    (804, "Break-up", "Shall I close your file?"),
    (805, "Summit invitation", "A seat for you at the Summit"),
];

/// Interesting moments that have no other cause: type, text, campaign.
pub const MILESTONES: &[(&str, &str, u32)] = &[
    ("Milestone", "Became a marketing qualified lead", 1301),
    ("Milestone", "Attended the webinar \"From spreadsheet to forecast\"", 1203),
    ("Event", "Visited our stand at the Brightwater Summit", 1207),
    ("Milestone", "Reached 100 points", 1301),
    ("Email", "Replied to the newsletter, asking for a call", 1201),
];

/// Browsers and mail programs: user agent, platform, device, mobile.
pub const AGENTS: &[(&str, &str, &str, bool)] = &[
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36",
        "Windows",
        "Personal computer",
        false,
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
        "Mac OS",
        "Personal computer",
        false,
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
        "iOS",
        "iPhone",
        true,
    ),
    (
        "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Mobile Safari/537.36",
        "Android",
        "Smartphone",
        true,
    ),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Linux", "Personal computer", false),
];

/// Why mail came back: category, subcategory, the server's words.
pub const BOUNCES: &[(&str, &str, &str)] = &[
    ("2", "2003", "550 5.1.1 The email account that you tried to reach does not exist"),
    ("1", "1002", "554 5.7.1 Message rejected, \"policy\" reasons"),
    ("3", "3999", "552 5.2.2 Mailbox full"),
    ("4", "4003", "451 4.4.1 No answer from host"),
];
