# Wat het paneel en zijn pagina’s zeggen, in het Nederlands. Het Engelse bestand is het origineel.

## Tabbladen
tabs-label = Marketo-activiteit
tab-moments = Interessante momenten
tab-web = Webactiviteit
tab-email = E-mail
tab-score = Score
panel-title = Marketo Sales Insight
loading = Laden…
more = Meer weergeven
retry = Opnieuw proberen
panel-settings = Instellingen
settings-not-member = De instellingen zijn voor leden van het account. Bent u lid, meld u dan één keer aan met Salesforce; daarna gaan ze van hieruit meteen open. Vraag anders een beheerder van uw account om een uitnodiging.
settings-sign-in = Aanmelden
settings-failed = De instellingen kunnen nu niet worden geopend. Probeer het zo nog eens.
launch-too-many-people = Bij dit record horen meer dan 800 personen. Kies er hoogstens 200 in een lijstweergave en voeg ze daar aan de campagne toe.
reload = Opnieuw laden via Salesforce
reloading = Salesforce laadt dit paneel opnieuw…
reload-failed = Salesforce heeft het paneel niet opnieuw geladen. Laad de hele pagina opnieuw.
list-count = { $count ->
    [one] { $count } item weergegeven
   *[other] { $count } items weergegeven
}

## Persoon
person-no-name = Geen naam
person-last = Laatste activiteit
person-no-activity = Nog geen activiteit vastgelegd
person-score = Score
person-no-score = Nog geen score
rank-top = top { $percent }%
rank-above = boven { $percent }% van iedereen
stars = { $count ->
    [one] { $count } van 3 sterren: score vergeleken met alle anderen
   *[other] { $count } van 3 sterren: score vergeleken met alle anderen
}
flames = { $count ->
    [one] { $count } van 3 vlammen: hoe sterk de score onlangs is gestegen
   *[other] { $count } van 3 vlammen: hoe sterk de score onlangs is gestegen
}

## Wat iemand heeft gedaan
about = { $did }:
did-moment = Interessant moment
did-visit = Heeft een pagina bezocht
did-form = Heeft een formulier ingevuld
did-click = Heeft op een link geklikt
did-sent = Heeft een e-mail toegestuurd gekregen
did-delivered = Heeft een e-mail ontvangen
did-opened = Heeft een e-mail geopend
did-clicked = Heeft in een e-mail geklikt
did-bounced = E-mail niet bezorgd
did-soft_bounced = E-mail tijdelijk niet bezorgd
did-unsubscribed = Heeft zich afgemeld
did-score = Score gewijzigd
did-sales_sent = Heeft een verkoopmail toegestuurd gekregen
did-sales_opened = Heeft een verkoopmail geopend
did-sales_clicked = Heeft in een verkoopmail geklikt
did-sales_replied = Heeft op een verkoopmail geantwoord
did-sales_bounced = Verkoopmail niet bezorgd
did-other = Activiteit

## Lijsten
column-type = Type
column-description = Beschrijving
column-source = Bron
column-date = Datum
column-page = Pagina
column-referrer = Zoekopdracht of herkomst
column-subject = Onderwerp
column-status = Status
column-opened = Geopend
column-clicked = Geklikt
column-score-name = Score
column-old = Oud
column-new = Nieuw
column-change = Wijziging
column-reason = Reden
opens-new-tab = wordt geopend op een nieuw tabblad
no-page = Onbekende pagina
no-subject = Geen onderwerp
moment-type-web = Web
moment-type-email = E-mail
moment-type-milestone = Mijlpaal
moment-type-other = Moment
web-visit = Bezoek
web-form = Formulier
web-click = Link
searched-for = Gezocht naar ‘{ $term }’
from-marketo = Verzonden door Marketo
from-sales = Verzonden door Verkoop
email-sent = Verzonden
email-delivered = Bezorgd
email-bounced = Niet bezorgd
email-soft_bounced = Tijdelijk niet bezorgd
email-unsubscribed = Afgemeld
email-other = Onbekend
times = { $count }×
opened-times = { $count ->
    [one] één keer geopend
   *[other] { $count } keer geopend
}
clicked-times = { $count ->
    [one] één keer geklikt
   *[other] { $count } keer geklikt
}
not-opened = niet geopend
not-clicked = niet geklikt

## Scoregrafiek
chart-rose = { $name } is sinds { $date } gestegen van { $from } naar { $to }
chart-fell = { $name } is sinds { $date } gedaald van { $from } naar { $to }
chart-same = { $name } is { $to }, net als op { $date }
chart-table = Elke wijziging staat in de tabel hieronder.

## Lege lijsten: waarom, en wat te doen
empty-moments-title = Nog geen interessante momenten
empty-moments-text = Een moment verschijnt hier zodra een Marketo-campagne er een vastlegt voor deze persoon, zoals een demo-aanvraag. Uw marketingteam bepaalt wat telt.
empty-web-title = Geen webactiviteit gezien
empty-web-text = Bezoeken verschijnen zodra uw website deze persoon kent, bijvoorbeeld na een klik in een Marketo-e-mail of een ingevuld formulier.
empty-email-title = Nog geen e-mails
empty-email-text = E-mails die Marketo naar deze persoon stuurt, verschijnen hier met het aantal keren geopend en geklikt. Controleer of het e-mailadres in de record klopt.
empty-score-title = Nog geen scorewijzigingen
empty-score-text = De score verandert wanneer deze persoon iets doet waarvoor uw marketingteam punten geeft.
history-loading-title = De geschiedenis is onderweg
history-loading = Eerdere activiteit wordt nog uit Marketo opgehaald. Deze lijst vult zich vanzelf.
history-since = Activiteit sinds { $date }
fresh-as-of = Bijgewerkt:

## Toestanden: wat er gebeurde en waarom, daarna wat te doen
state-unknown-org-title = Deze Salesforce-organisatie is nog niet verbonden
state-unknown-org-text = Het paneel is geopend vanuit een Salesforce-organisatie die bij geen enkel Marketo Sales-account bekend is.
state-unknown-org-todo = Vraag uw Salesforce-beheerder om op de pagina ‘Actions Config’ de uitnodiging te versturen en de configuratie af te ronden.
state-suspended-title = Sales Insight is uitgeschakeld voor deze organisatie
state-suspended-text = Het Marketo Sales-account van deze Salesforce-organisatie is opgeschort of het pakket is verwijderd. Er zijn geen gegevens gewist.
state-suspended-todo = Uw Salesforce-beheerder ziet de reden onder ‘Connections & Customizations’ en kan het daar weer inschakelen.
state-no-record-title = Open een record
state-no-record-text = Dit paneel hoort bij een record, maar Salesforce zei niet bij welk.
state-no-record-todo = Open een lead, contactpersoon, account of opportunity. Beheerders: plaats het paneel op een van deze recordpagina’s.
state-not-in-marketo-title = Deze persoon staat niet in Marketo
state-not-in-marketo-text = Marketo heeft geen persoon bij deze Salesforce-record, dus er is geen activiteit om te tonen.
state-not-in-marketo-todo = Nieuwe records bereiken Marketo bij de volgende synchronisatie. Blijft deze weg, vraag dan uw Marketo-beheerder of de synchronisatie deze overslaat.
state-looking-title = Deze persoon wordt in Marketo gezocht…
state-looking-text = De record is nieuw voor ons. Marketo wordt geraadpleegd; dat duurt enkele seconden.
state-looking-todo = U hoeft niets te doen: het paneel kijkt vanzelf opnieuw.
state-session-expired-title = Uw sessie is beëindigd
state-session-expired-text = Het paneel stond langer open dan een sessie duurt. Uw aanmelding bij Salesforce blijft gewoon geldig.
state-session-expired-todo = Laad het paneel opnieuw om verder te gaan.
state-upstream-title = De gegevens konden niet worden geladen
state-upstream-text = Een systeem achter dit paneel reageert op dit moment niet. Er is niets verloren gegaan.
state-upstream-todo = Probeer het zo meteen opnieuw. Blijft het misgaan, geef uw beheerder dan het aanvraagnummer hieronder.
state-approval-title = Sta toegang eenmalig toe
state-approval-text = Salesforce vraagt uw toestemming voordat het records met dit paneel deelt.
state-approval-todo = Geef toestemming op het nieuwe tabblad, kom dan terug en laad het paneel opnieuw.
state-approval-action = Toestaan in Salesforce
state-refused-title = Deze aanvraag kon niet worden geverifieerd
state-refused-text = Het paneel opent alleen met een aanvraag die Salesforce heeft ondertekend, en deze is niet geaccepteerd.
state-refused-todo = Laad de Salesforce-pagina opnieuw. Gebeurt het weer, vraag dan uw beheerder om het consumentgeheim met dat in Salesforce te vergelijken.
state-not-found-title = Hier is niets
state-not-found-text = Het adres klopt niet, of u mag niet zien waar het naar verwijst.
state-not-found-todo = Ga in Salesforce terug naar de record en open het paneel daarvandaan.
state-failed-title = Geen antwoord
state-failed-text = Het paneel kon zijn server niet bereiken, of het antwoord duurde te lang.
state-failed-todo = Controleer uw verbinding en probeer het opnieuw.
request-number = Aanvraag { $id }
details = Details

## Tijden
time-now = zojuist
time-minutes = { $n } min geleden
time-hours = { $n } uur geleden
time-yesterday = gisteren
time-days = { $n } dagen geleden
date-short = { $day } { $month }
date-long = { $day } { $month } { $year }
date-exact = { $weekday } { $day } { $month } { $year }, { $clock } { $zone }
month-1 = jan
month-2 = feb
month-3 = mrt
month-4 = apr
month-5 = mei
month-6 = jun
month-7 = jul
month-8 = aug
month-9 = sep
month-10 = okt
month-11 = nov
month-12 = dec
weekday-1 = ma
weekday-2 = di
weekday-3 = wo
weekday-4 = do
weekday-5 = vr
weekday-6 = za
weekday-7 = zo

## Acting
act-menu = Acties
act-call = Een gesprek vastleggen
act-task = Een taak toevoegen
act-email = Een verkoopmail sturen
act-campaign = Toevoegen aan een Marketo-campagne
act-watch = Op mijn volglijst zetten
act-unwatch = Van mijn volglijst halen
act-cancel = Annuleren
why-not-member = U bent geen lid van het Marketo Sales-account. Vraag een beheerder u uit te nodigen en meld u daarna één keer aan met Salesforce.
why-no-email = Marketo kent geen e-mailadres van deze persoon.
why-unsubscribed = Deze persoon heeft zich afgemeld.
why-blocked = Een beheerder heeft dit domein geblokkeerd.
why-no-channel = Er is nog geen mailserver ingesteld.
why-unfilled = Sommige velden hebben voor deze persoon geen waarde.
why-not-in-marketo = Marketo kent deze record niet.
why-other = Dat kan niet.
field-outcome = Resultaat
field-reason = Reden
field-status = Status
field-minutes = Duur in minuten
field-phone = Telefoonnummer
field-notes = Notities
field-task = Taak
field-type = Soort
field-due = Vervalt op
field-priority = Prioriteit
field-assignee = Toegewezen aan
field-to = Aan
field-template = Sjabloon
field-cc = Kopie aan (Cc)
field-subject = Onderwerp
field-text = Bericht
field-send-on = Versturen op (leeg: nu; { $zone })
field-campaign = Campagne
no-template = Geen sjabloon
no-campaigns = Marketo heeft geen campagne die aangevraagd kan worden.
preview-title = Wat de ontvanger ziet
do-call = Gesprek vastleggen
do-task = Taak toevoegen
do-email = Versturen
do-campaign = Toevoegen
do-preview = Voorbeeld
done-call = Het gesprek is vastgelegd.
done-task = De taak is toegevoegd.
done-email = De e-mail is onderweg.
done-campaign = De persoon wordt aan de campagne toegevoegd.
done-watch = Op uw volglijst.
done-unwatch = Niet meer op uw volglijst.
done-draft = Het concept is bewaard.
call-completed = Voltooid
call-no-answer = Geen antwoord
call-cancelled = Geannuleerd
call-failed = Mislukt
task-email = E-mail
task-call = Gesprek
task-in-mail = InMail
task-custom = Anders
task-high = Hoog
task-normal = Normaal
task-low = Laag
tab-calls = Gesprekken
tab-tasks = Taken
empty-calls-title = Nog geen gesprekken
empty-calls-text = Gesprekken die u vastlegt verschijnen hier, in Marketo en in Salesforce.
empty-tasks-title = Nog geen taken
empty-tasks-text = Taken die u toevoegt verschijnen hier en in Salesforce.
column-notes = Notities
column-made-by = Door
column-duration = Duur
column-task = Taak
column-due = Vervalt
column-priority = Prioriteit
column-assignee = Toegewezen aan

## Insights Dashboard
tab-insights = Overzicht
insights-grid = Betrokkenheid in de laatste 13 weken: hoeveel er in elke week gebeurde
insights-week = Week van
insights-filter = Alleen tonen
insights-all = Alles
insights-quiet = Niets van deze soort in deze week. Kies hierboven een andere week.
insights-more = Deze week gebeurde er meer dan hier past. De andere tabbladen tonen alles.
empty-insights-title = Niets in de laatste 13 weken
empty-insights-text = Interessante momenten, e-mails en bezoeken van deze persoon komen hier, week voor week.
kind-moments = Interessante momenten
kind-email = E-mail
kind-web = Web
kind-sales = Verkoop
insights-told = Week van { $date }: { $count ->
    [one] { $count } item
   *[other] { $count } items
}

## Accounts and opportunities: several people together
person-only = Alleen deze persoon tonen
column-person = Persoon
group-account = Account
group-opportunity = Opportunity
group-people = { $count ->
    [one] { $count } persoon in Marketo
   *[other] { $count } personen in Marketo
}
group-more = meer dan { $count } personen; de lijsten tonen de { $count } dringendste
group-pick = Activiteit tonen van
group-everybody = Iedereen
group-record = Record openen
show-account = Activiteit van het account tonen
show-account-too-many = Niet mogelijk: het account heeft meer dan 800 personen.
too-many-title = Meer dan { $count } personen
too-many-text = Het dashboard telt de activiteit van alle personen op, en hier zijn het er te veel om iets te zeggen.
too-many-todo = Kies hierboven één persoon of open een contactpersoon. De andere tabbladen tonen de dringendste personen.
upcoming-tasks = { $count ->
    [one] { $count } aankomende taak
   *[other] { $count } aankomende taken
}
task-overdue = te laat sinds { $day }
state-nobody-of-account-title = Niemand van dit account staat in Marketo
state-nobody-of-account-text = Marketo kent geen contactpersoon van dit Salesforce-account die een eigenaar heeft, dus er is geen activiteit om te tonen.
state-nobody-of-account-todo = Voeg contactpersonen aan het account toe, of vraag uw Marketo-beheerder of de synchronisatie ze weglaat.
state-nobody-of-opportunity-title = Niemand van deze opportunity staat in Marketo
state-nobody-of-opportunity-text = De personen van een opportunity zijn de contactrollen. Er zijn er nog geen, of Marketo kent er geen van.
state-nobody-of-opportunity-todo = Voeg in Salesforce contactrollen aan de opportunity toe en probeer het opnieuw.
state-roles-unknown-title = De contactrollen zijn niet te lezen
state-roles-unknown-text = Wie een rol in een opportunity heeft, weet alleen Salesforce, en dat is nu niet te bereiken.
state-roles-unknown-todo = Vraag uw beheerder de Salesforce-verbinding onder Verbindingen en aanpassingen te controleren.

## A mail, opened
mail-close = Sluiten
mail-from = Van
mail-cc = Cc
mail-events = Wat er gebeurde
mail-bot = niet door een mens
mail-content = De e-mail zelf
mail-open = De e-mail tonen
mail-gone = Deze e-mail kan niet meer worden getoond: Marketo heeft hem niet meer.
mail-not-permitted = De e-mail zelf kan niet worden getoond: de API-gebruiker in Marketo mag geen assets lezen. Vraag uw Marketo-beheerder om de machtiging ‘Read-Only Assets’.
mail-unavailable = De e-mail zelf kan niet worden getoond: Marketo antwoordt op dit moment niet. Wat ermee gebeurde, is volledig.
email-replied = Beantwoord
mail-replied = { $count ->
    [one] Beantwoord
   *[other] { $count }× beantwoord
}

## Subscribing to interesting moments
subscribe = Abonneren
subscribe-title = Bericht over interessante momenten per e-mail
subscribe-basis = Van
subscribe-person = Deze persoon:
subscribe-account = Dit account:
subscribe-type = Dit type, van mijn personen:
subscribe-description = Precies dit, van mijn personen:
subscribe-recipients = Wie de e-mails krijgt
subscribe-do = Abonneren
subscribe-mine = Abonnementen
subscribe-end = Beëindigen
done-subscribe = Geabonneerd: de e-mails komen wanneer het gebeurt.

## The page of the global tab
tab-best-bets = Beste kansen
tab-watch-list = Volglijst
tab-my-emails = Mijn e-mail
feed-title = Leadfeed
feed-nothing = Er is de laatste tijd niets gebeurd. Interessante momenten van uw eigen personen en van wie u volgt, verschijnen hier vanzelf.
feed-best = Een van uw beste kansen
bets-all = Alle
bets-leads = Leads
bets-contacts = Contactpersonen
column-company = Account
column-last-moment = Laatste interessante moment
column-engagement = Betrokkenheid
desk-hide = Verbergen
desk-watch = Volgen
desk-unwatch = Niet meer volgen
desk-undo = Ongedaan maken
done-hide = { $count ->
    [one] { $count } dag verborgen.
   *[other] { $count } dagen verborgen.
}
done-unhide = Weer getoond.
bets-more = Dit zijn de beste { $count }. Beperk de lijst om anderen te zien.
empty-best-bets-title = U bent van niemand in Marketo eigenaar
empty-best-bets-text = Leads en contactpersonen van wie u eigenaar bent, verschijnen hier, de dringendste eerst, zodra Marketo ze kent.
empty-watch-list-title = U volgt niemand
empty-watch-list-text = Druk op Volgen naast een van uw beste kansen, of kies bij een lead of contactpersoon voor toevoegen aan uw volglijst.
empty-my-emails-title = U hebt geen e-mails verzonden
empty-my-emails-text = Verkoop-e-mails die u vanuit Salesforce verzendt, verschijnen hier, met openingen en klikken.
why-switched-off = Uw Salesforce-beheerder heeft dit uitgeschakeld.

## Verkoopcampagnes
act-sales = Aan een verkoopcampagne toevoegen
do-sales = Starten
done-sales = De verkoopcampagne is voor deze persoon gestart.
field-sales-campaign = Verkoopcampagne
choose-campaign = Kies een campagne
field-start-on = Begin (nu als het leeg is; { $zone })
sales-when = Wat er wanneer gebeurt
sales-waits = wacht dan tot de taak is gedaan
no-sales-campaigns = Er is geen verkoopcampagne die u kunt starten. Maak er een in de instellingen, onder Verkoopcampagnes.
why-no-steps = Deze campagne heeft nog geen stappen.
why-enough = U hebt zoveel campagnes lopen als is toegestaan.
why-left-out = De campagne kan niet voor deze persoon worden gestart.
upcoming-campaigns = { $count ->
    [one] 1 lopende verkoopcampagne
   *[other] { $count } lopende verkoopcampagnes
}
going-place = stap { $number } van { $of }
going-waits = wacht op een taak
going-blocked = vraagt aandacht

## Several people at the page of the global tab
bulk-chosen = Gekozen:
bulk-all = Iedereen op deze pagina kiezen
bulk-one = { $name } kiezen
bulk-email = E-mail sturen
bulk-sales = Verkoopcampagne
bulk-campaign = Marketo-campagne
bulk-task = Taak

## What became of it for several people
desk-for = 
    { $count ->
        [one] Voor één persoon
       *[other] Voor { $count } personen
    }
desk-skipped = 
    { $count ->
        [one] Eén persoon is weggelaten.
       *[other] { $count } personen zijn weggelaten.
    }
done-watch-many = 
    { $count ->
        [one] Eén persoon staat op uw volglijst.
       *[other] { $count } personen staan op uw volglijst.
    }
done-task-many = 
    { $count ->
        [one] De taak is voor één persoon toegevoegd.
       *[other] De taak is voor { $count } personen toegevoegd.
    }
done-campaign-many = 
    { $count ->
        [one] Eén persoon wordt aan de campagne toegevoegd.
       *[other] { $count } personen worden aan de campagne toegevoegd.
    }
