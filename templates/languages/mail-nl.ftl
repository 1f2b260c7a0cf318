# Wat de e-mails van het account zeggen, in het Nederlands. Het Engelse bestand is het voorbeeld.

greeting = Hallo,
first-subject = Marketo Sales instellen voor { $account }
first-body = { $inviter } heeft u gekozen als eerste gebruiker van het Marketo Sales-account { $account }.
first-steps = Open de link om het account binnen te gaan. Daar verbindt u Salesforce en Marketo Engage, start u de synchronisatie en nodigt u uw collega’s uit.
invitation-subject = { $inviter } nodigt u uit voor { $account }
invitation-body = { $inviter } nodigt u uit voor het Marketo Sales-account { $account }.
invitation-steps = Open de link om de uitnodiging te accepteren en uw account te leren kennen.
invitation-button = Aan de slag
sign-in-subject = Uw inloglink voor { $account }
sign-in-body = U hebt om een link gevraagd om in te loggen bij het Marketo Sales-account { $account }.
sign-in-steps = Open deze op het apparaat waarop u wilt werken.
sign-in-button = Inloggen
copy = Werkt de knop niet? Kopieer dan dit adres naar uw browser:
until = De link werkt één keer en tot { $until }.
ignore = Als u deze e-mail niet verwachtte, hoeft u niets te doen.
alert-subject = Interessant moment: { $person }
alert-when = Interessant moment van { $at }
alert-open = Record in Salesforce openen
alert-why-person = U krijgt deze e-mail omdat u bericht krijgt over interessante momenten van { $label }.
alert-why-account = U krijgt deze e-mail omdat u bericht krijgt over interessante momenten van het account { $label }.
alert-why-type = U krijgt deze e-mail omdat u bericht krijgt over interessante momenten van het type ‘{ $label }’ van personen van wie u eigenaar bent.
alert-why-description = U krijgt deze e-mail omdat u bericht krijgt over het interessante moment ‘{ $label }’ van personen van wie u eigenaar bent.
alert-leave = Deze e-mails stoppen

## What became of the rows of a file
row-cells = De rij heeft { $found } cellen, de kop { $wanted }.
row-no-address = Er is geen adres.
row-address-long = Het adres is langer dan 254 tekens.
row-address-letters = Het adres bevat een spatie of een teken buiten ASCII; schrijf een internationaal domein als xn--…
row-address-at = Het adres heeft geen @.
row-address-before = Wat voor de @ staat, is niet bruikbaar.
row-address-dots = Voor de @ staat een punt op de verkeerde plaats.
row-address-domain = Wat na de @ staat, is geen domein.
row-address = Het is geen e-mailadres.
row-first-name = De voornaam is geen naam.
row-last-name = De achternaam is geen naam.
row-role = De rol moet beheerder of gebruiker zijn.
row-team = Een van de teams bestaat niet.
row-invited = De uitnodiging is onderweg.
row-already-member = Deze persoon is al lid.
row-already-invited = Deze persoon is al uitgenodigd; de uitnodiging kan opnieuw worden verstuurd.
row-elsewhere = Het adres hoort bij een ander account. Elk adres kan maar in één account voorkomen.
row-over-seat-limit = Het account heeft geen vrije plaats.
row-duplicate = Het adres staat in een eerdere rij van het bestand.
