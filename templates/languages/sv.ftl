# Vad panelen och dess sidor säger, på svenska. Den engelska filen är förlagan.

## Flikar
tabs-label = Marketo-aktivitet
tab-moments = Intressanta händelser
tab-web = Webbaktivitet
tab-email = E-post
tab-score = Poäng
panel-title = Marketo Sales Insight
loading = Läser in …
more = Visa fler
retry = Försök igen
panel-settings = Inställningar
settings-not-member = Inställningarna är till för kontots medlemmar. Om du är medlem loggar du in med Salesforce en gång; därefter öppnas de härifrån direkt. Be annars en administratör för ditt konto om en inbjudan.
settings-sign-in = Logga in
settings-failed = Inställningarna kan inte öppnas just nu. Försök igen om en stund.
launch-too-many-people = Fler än 800 personer hör till posten. Välj upp till 200 av dem i en listvy och lägg till dem i kampanjen där.
reload = Läs in på nytt via Salesforce
reloading = Salesforce läser in panelen på nytt …
reload-failed = Salesforce läste inte in panelen på nytt. Läs in hela sidan igen.
list-count = { $count ->
    [one] { $count } post visas
   *[other] { $count } poster visas
}

## Person
person-no-name = Namn saknas
person-last = Senaste aktivitet
person-no-activity = Ingen aktivitet registrerad ännu
person-score = Poäng
person-no-score = Inga poäng ännu
rank-top = topp { $percent } %
rank-above = över { $percent } % av alla
stars = { $count ->
    [one] { $count } av 3 stjärnor: poäng jämfört med alla andra
   *[other] { $count } av 3 stjärnor: poäng jämfört med alla andra
}
flames = { $count ->
    [one] { $count } av 3 lågor: hur mycket poängen nyligen har ökat
   *[other] { $count } av 3 lågor: hur mycket poängen nyligen har ökat
}

## Vad personen har gjort
about = { $did }:
did-moment = Intressant händelse
did-visit = Besökte en sida
did-form = Fyllde i ett formulär
did-click = Klickade på en länk
did-sent = Fick ett e-postmeddelande skickat
did-delivered = Tog emot ett e-postmeddelande
did-opened = Öppnade ett e-postmeddelande
did-clicked = Klickade i ett e-postmeddelande
did-bounced = Ett e-postmeddelande studsade
did-soft_bounced = Ett e-postmeddelande studsade tillfälligt
did-unsubscribed = Avregistrerade sig
did-score = Poängen ändrades
did-sales_sent = Fick säljmejl skickat
did-sales_opened = Öppnade ett säljmejl
did-sales_clicked = Klickade i ett säljmejl
did-sales_replied = Svarade på ett säljmejl
did-sales_bounced = Ett säljmejl studsade
did-other = Aktivitet

## Listor
column-type = Typ
column-description = Beskrivning
column-source = Källa
column-date = Datum
column-page = Sida
column-referrer = Sökning eller hänvisning
column-subject = Ämne
column-status = Status
column-opened = Öppnat
column-clicked = Klickat
column-score-name = Poäng
column-old = Tidigare
column-new = Ny
column-change = Ändring
column-reason = Orsak
opens-new-tab = öppnas på en ny flik
no-page = Okänd sida
no-subject = Ämne saknas
moment-type-web = Webb
moment-type-email = E-post
moment-type-milestone = Milstolpe
moment-type-other = Händelse
web-visit = Besök
web-form = Formulär
web-click = Länk
searched-for = Sökte efter ”{ $term }”
from-marketo = Skickat av Marketo
from-sales = Skickat av försäljning
email-sent = Skickat
email-delivered = Levererat
email-bounced = Studsat
email-soft_bounced = Mjuk studs
email-unsubscribed = Avregistrerad
email-other = Okänd
times = { $count }×
opened-times = { $count ->
    [one] öppnat en gång
   *[other] öppnat { $count } gånger
}
clicked-times = { $count ->
    [one] klickat en gång
   *[other] klickat { $count } gånger
}
not-opened = inte öppnat
not-clicked = inte klickat

## Poängdiagram
chart-rose = { $name } har ökat från { $from } till { $to } sedan { $date }
chart-fell = { $name } har minskat från { $from } till { $to } sedan { $date }
chart-same = { $name } är { $to }, som den var { $date }
chart-table = Alla ändringar finns i tabellen nedan.

## Tomma listor: varför, och vad man kan göra
empty-moments-title = Inga intressanta händelser ännu
empty-moments-text = En händelse visas här så snart en Marketo-kampanj registrerar en för personen, till exempel en demoförfrågan. Marknadsavdelningen bestämmer vad som räknas.
empty-web-title = Ingen webbaktivitet har setts
empty-web-text = Besök visas när er webbplats känner igen personen, till exempel efter ett klick i ett e-postmeddelande från Marketo eller ett ifyllt formulär.
empty-email-title = Inga e-postmeddelanden ännu
empty-email-text = E-post som Marketo skickar till personen visas här, med öppningar och klick. Kontrollera att e-postadressen på posten stämmer.
empty-score-title = Inga poängändringar ännu
empty-score-text = Poängen ändras när personen gör något som marknadsavdelningen ger poäng för.
history-loading-title = Historiken är på väg
history-loading = Tidigare aktivitet hämtas fortfarande från Marketo. Listan fylls på av sig själv.
history-since = Aktivitet sedan { $date }
fresh-as-of = Uppdaterat:

## Tillstånd: vad som hände och varför, sedan vad man kan göra
state-unknown-org-title = Den här Salesforce-organisationen är inte ansluten ännu
state-unknown-org-text = Panelen öppnades från en Salesforce-organisation som inget Marketo Sales-konto känner till.
state-unknown-org-todo = Be din Salesforce-administratör att skicka inbjudan på sidan ”Actions Config” och slutföra konfigurationen.
state-suspended-title = Sales Insight är avstängt för organisationen
state-suspended-text = Marketo Sales-kontot för den här Salesforce-organisationen är spärrat, eller så har paketet avinstallerats. Ingenting har raderats.
state-suspended-todo = Din Salesforce-administratör ser orsaken under ”Connections & Customizations” och kan slå på det igen.
state-no-record-title = Öppna en post
state-no-record-text = Panelen hör till en post, men Salesforce sa inte vilken.
state-no-record-todo = Öppna ett lead, en kontakt, ett konto eller en affärsmöjlighet. Admin: placera panelen på någon av dessa postsidor.
state-not-in-marketo-title = Personen finns inte i Marketo
state-not-in-marketo-text = Marketo har ingen person för den här Salesforce-posten, så det finns ingen aktivitet att visa.
state-not-in-marketo-todo = Nya poster når Marketo vid nästa synkronisering. Om den här uteblir, fråga din Marketo-administratör om synkroniseringen utesluter den.
state-looking-title = Söker efter personen i Marketo …
state-looking-text = Posten är ny för oss. Marketo tillfrågas, vilket tar några sekunder.
state-looking-todo = Du behöver inte göra något: panelen tittar efter igen av sig själv.
state-session-expired-title = Din session har avslutats
state-session-expired-text = Panelen var öppen längre än en session varar. Din inloggning i Salesforce påverkas inte.
state-session-expired-todo = Läs in panelen på nytt för att fortsätta.
state-upstream-title = Informationen kunde inte läsas in
state-upstream-text = Ett system bakom panelen svarar inte just nu. Ingenting har gått förlorat.
state-upstream-todo = Försök igen om en stund. Om felet kvarstår, ge din administratör begärandenumret nedan.
state-approval-title = Tillåt åtkomst en gång
state-approval-text = Salesforce ber om ditt godkännande innan poster delas med panelen.
state-approval-todo = Godkänn åtkomsten på den nya fliken, kom sedan tillbaka och läs in panelen på nytt.
state-approval-action = Godkänn i Salesforce
state-refused-title = Begäran kunde inte verifieras
state-refused-text = Panelen öppnas bara med en begäran som Salesforce har signerat, och den här godtogs inte.
state-refused-todo = Läs in Salesforce-sidan på nytt. Om det händer igen, be din administratör att jämföra konsumenthemligheten med den i Salesforce.
state-not-found-title = Här finns ingenting
state-not-found-text = Adressen är fel, eller så får du inte se det som den pekar på.
state-not-found-todo = Gå tillbaka till posten i Salesforce och öppna panelen därifrån.
state-failed-title = Inget svar
state-failed-text = Panelen kunde inte nå sin server, eller så tog svaret för lång tid.
state-failed-todo = Kontrollera anslutningen och försök igen.
request-number = Begäran { $id }
details = Detaljer

## Tider
time-now = nyss
time-minutes = för { $n } min sedan
time-hours = för { $n } tim sedan
time-yesterday = i går
time-days = för { $n } dagar sedan
date-short = { $day } { $month }
date-long = { $day } { $month } { $year }
date-exact = { $weekday } { $day } { $month } { $year }, { $clock } { $zone }
month-1 = jan.
month-2 = feb.
month-3 = mars
month-4 = apr.
month-5 = maj
month-6 = juni
month-7 = juli
month-8 = aug.
month-9 = sep.
month-10 = okt.
month-11 = nov.
month-12 = dec.
weekday-1 = mån
weekday-2 = tis
weekday-3 = ons
weekday-4 = tors
weekday-5 = fre
weekday-6 = lör
weekday-7 = sön

## Acting
act-menu = Åtgärder
act-call = Logga ett samtal
act-task = Lägg till en uppgift
act-email = Skicka säljmejl
act-campaign = Lägg till i en Marketo-kampanj
act-watch = Lägg till på min bevakningslista
act-unwatch = Ta bort från min bevakningslista
act-cancel = Avbryt
why-not-member = Du är inte medlem i Marketo Sales-kontot. Be en administratör bjuda in dig och logga sedan in med Salesforce en gång.
why-no-email = Marketo känner inte till någon e-postadress för personen.
why-unsubscribed = Personen har avregistrerat sig.
why-blocked = En administratör har spärrat domänen.
why-no-channel = Ingen e-postserver är inställd ännu.
why-unfilled = Några fält saknar värde för den här personen.
why-not-in-marketo = Marketo känner inte till posten.
why-other = Det går inte.
field-outcome = Utfall
field-reason = Anledning
field-status = Status
field-minutes = Längd i minuter
field-phone = Telefonnummer
field-notes = Anteckningar
field-task = Uppgift
field-type = Typ
field-due = Förfaller
field-priority = Prioritet
field-assignee = Tilldelad
field-to = Till
field-template = Mall
field-cc = Kopia till (Cc)
field-subject = Ämne
field-text = Meddelande
field-send-on = Skicka den (tomt: nu; { $zone })
field-campaign = Kampanj
no-template = Ingen mall
no-campaigns = Marketo har ingen kampanj som kan begäras.
preview-title = Det här ser mottagaren
do-call = Logga samtalet
do-task = Lägg till uppgiften
do-email = Skicka
do-campaign = Lägg till
do-preview = Förhandsgranska
done-call = Samtalet är loggat.
done-task = Uppgiften är tillagd.
done-email = Mejlet är på väg.
done-campaign = Personen läggs till i kampanjen.
done-watch = På din bevakningslista.
done-unwatch = Inte längre på din bevakningslista.
done-draft = Utkastet är sparat.
call-completed = Avslutat
call-no-answer = Inget svar
call-cancelled = Avbrutet
call-failed = Misslyckat
task-email = E-post
task-call = Samtal
task-in-mail = InMail
task-custom = Annat
task-high = Hög
task-normal = Normal
task-low = Låg
tab-calls = Samtal
tab-tasks = Uppgifter
empty-calls-title = Inga samtal ännu
empty-calls-text = Samtal som du loggar visas här, i Marketo och i Salesforce.
empty-tasks-title = Inga uppgifter ännu
empty-tasks-text = Uppgifter som du lägger till visas här och i Salesforce.
column-notes = Anteckningar
column-made-by = Av
column-duration = Längd
column-task = Uppgift
column-due = Förfaller
column-priority = Prioritet
column-assignee = Tilldelad

## Insights Dashboard
tab-insights = Översikt
insights-grid = Engagemang de senaste 13 veckorna: hur mycket som hände i var och en
insights-week = Veckan från
insights-filter = Visa bara
insights-all = Allt
insights-quiet = Inget sådant den här veckan. Välj en annan vecka ovan.
insights-more = Den här veckan hände mer än vad som får plats. De andra flikarna har allt.
empty-insights-title = Inget de senaste 13 veckorna
empty-insights-text = Personens intressanta ögonblick, e-post och besök ritas här, vecka för vecka.
kind-moments = Intressanta ögonblick
kind-email = E-post
kind-web = Webb
kind-sales = Försäljning
insights-told = Veckan från { $date }: { $count ->
    [one] { $count } post
   *[other] { $count } poster
}

## Accounts and opportunities: several people together
person-only = Visa bara den här personen
column-person = Person
group-account = Konto
group-opportunity = Affärsmöjlighet
group-people = { $count ->
    [one] { $count } person i Marketo
   *[other] { $count } personer i Marketo
}
group-more = fler än { $count } personer; listorna visar de { $count } mest brådskande
group-pick = Visa aktivitet för
group-everybody = Alla
group-record = Öppna posten
show-account = Visa kontots aktivitet
show-account-too-many = Inte möjligt: kontot har fler än 800 personer.
too-many-title = Fler än { $count } personer
too-many-text = Översikten räknar ihop allas aktivitet, och här är de för många för att det ska säga något.
too-many-todo = Välj en person ovan eller öppna en kontakt. De andra flikarna visar de mest brådskande personerna.
upcoming-tasks = { $count ->
    [one] { $count } kommande uppgift
   *[other] { $count } kommande uppgifter
}
task-overdue = försenad sedan { $day }
state-nobody-of-account-title = Ingen på det här kontot finns i Marketo
state-nobody-of-account-text = Marketo har ingen kontakt på det här Salesforce-kontot som någon äger, så det finns ingen aktivitet att visa.
state-nobody-of-account-todo = Lägg till kontakter på kontot, eller fråga din Marketo-admin om synkroniseringen utelämnar dem.
state-nobody-of-opportunity-title = Ingen på den här affärsmöjligheten finns i Marketo
state-nobody-of-opportunity-text = Personerna på en affärsmöjlighet är dess kontaktroller. Det finns inga än, eller så känner Marketo inte till någon av dem.
state-nobody-of-opportunity-todo = Lägg till kontaktroller på affärsmöjligheten i Salesforce och försök igen.
state-roles-unknown-title = Kontaktrollerna kan inte läsas
state-roles-unknown-text = Vem som har en roll i en affärsmöjlighet vet bara Salesforce, och det går inte att fråga just nu.
state-roles-unknown-todo = Be din admin kontrollera Salesforce-anslutningen under Anslutningar och anpassningar.

## A mail, opened
mail-close = Stäng
mail-from = Från
mail-cc = Kopia
mail-events = Vad som hände
mail-bot = inte av en människa
mail-content = Själva mejlet
mail-open = Visa mejlet
mail-gone = Mejlet kan inte längre visas: Marketo har det inte kvar.
mail-not-permitted = Själva mejlet kan inte visas: API-användaren i Marketo får inte läsa tillgångar. Be din Marketo-admin om behörigheten ”Read-Only Assets”.
mail-unavailable = Själva mejlet kan inte visas: Marketo svarar inte just nu. Det som hände är fullständigt.
email-replied = Besvarat
mail-replied = { $count ->
    [one] Besvarat
   *[other] Besvarat { $count }×
}

## Subscribing to interesting moments
subscribe = Prenumerera
subscribe-title = Få veta om intressanta händelser via mejl
subscribe-basis = Hos
subscribe-person = Den här personen:
subscribe-account = Det här kontot:
subscribe-type = Den här typen, hos mina personer:
subscribe-description = Exakt detta, hos mina personer:
subscribe-recipients = Vem som får mejlen
subscribe-do = Prenumerera
subscribe-mine = Prenumerationer
subscribe-end = Avsluta
done-subscribe = Prenumererar: mejlen kommer när det händer.

## The page of the global tab
tab-best-bets = Bästa chanser
tab-watch-list = Bevakningslista
tab-my-emails = Mina mejl
feed-title = Leadflöde
feed-nothing = Inget har hänt på sistone. Intressanta händelser hos dina egna personer och dem du bevakar visas här av sig själva.
feed-best = En av dina bästa chanser
bets-all = Alla
bets-leads = Leads
bets-contacts = Kontakter
column-company = Konto
column-last-moment = Senaste intressanta händelse
column-engagement = Engagemang
desk-hide = Dölj
desk-watch = Bevaka
desk-unwatch = Sluta bevaka
desk-undo = Ångra
done-hide = { $count ->
    [one] Dold i { $count } dag.
   *[other] Dold i { $count } dagar.
}
done-unhide = Visas igen.
bets-more = Det här är de bästa { $count }. Begränsa listan för att se andra.
empty-best-bets-title = Du äger ingen i Marketo
empty-best-bets-text = Leads och kontakter som du äger visas här, de mest brådskande först, så snart Marketo känner till dem.
empty-watch-list-title = Du bevakar ingen
empty-watch-list-text = Tryck på Bevaka bredvid en av dina bästa chanser, eller välj att lägga till i din bevakningslista hos ett lead eller en kontakt.
empty-my-emails-title = Du har inte skickat några mejl
empty-my-emails-text = Säljmejl som du skickar från Salesforce visas här, med öppningar och klick.
why-switched-off = Din Salesforce-admin har stängt av detta.

## Säljkampanjer
act-sales = Lägg till i en säljkampanj
do-sales = Starta
done-sales = Säljkampanjen har startats för personen.
field-sales-campaign = Säljkampanj
choose-campaign = Välj en kampanj
field-start-on = Start (nu om tomt; { $zone })
sales-when = Vad som händer när
sales-waits = väntar sedan tills uppgiften är klar
no-sales-campaigns = Det finns ingen säljkampanj som du kan starta. Skapa en i inställningarna under Säljkampanjer.
why-no-steps = Kampanjen har inga steg ännu.
why-enough = Du har så många kampanjer igång som tillåts.
why-left-out = Kampanjen kan inte startas för personen.
upcoming-campaigns = { $count ->
    [one] 1 pågående säljkampanj
   *[other] { $count } pågående säljkampanjer
}
going-place = steg { $number } av { $of }
going-waits = väntar på en uppgift
going-blocked = behöver åtgärd

## Several people at the page of the global tab
bulk-chosen = Valda:
bulk-all = Välj alla på den här sidan
bulk-one = Välj { $name }
bulk-email = Skicka e-post
bulk-sales = Säljkampanj
bulk-campaign = Marketo-kampanj
bulk-task = Uppgift

## What became of it for several people
desk-for = 
    { $count ->
        [one] För en person
       *[other] För { $count } personer
    }
desk-skipped = 
    { $count ->
        [one] En person utelämnades.
       *[other] { $count } personer utelämnades.
    }
done-watch-many = 
    { $count ->
        [one] En person finns på din bevakningslista.
       *[other] { $count } personer finns på din bevakningslista.
    }
done-task-many = 
    { $count ->
        [one] Uppgiften har lagts till för en person.
       *[other] Uppgiften har lagts till för { $count } personer.
    }
done-campaign-many = 
    { $count ->
        [one] En person läggs till i kampanjen.
       *[other] { $count } personer läggs till i kampanjen.
    }
