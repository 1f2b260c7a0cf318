# Vad kontots e-brev säger, på svenska. Den engelska filen är förlagan.

greeting = Hej!
first-subject = Konfigurera Marketo Sales för { $account }
first-body = { $inviter } har valt dig som första användare av Marketo Sales-kontot { $account }.
first-steps = Öppna länken för att gå in i kontot. Där ansluter du Salesforce och Marketo Engage, startar synkroniseringen och bjuder in dina kollegor.
invitation-subject = { $inviter } bjuder in dig till { $account }
invitation-body = { $inviter } bjuder in dig till Marketo Sales-kontot { $account }.
invitation-steps = Öppna länken för att tacka ja till inbjudan och lära känna ditt konto.
invitation-button = Kom igång
sign-in-subject = Din inloggningslänk till { $account }
sign-in-body = Du bad om en länk för att logga in på Marketo Sales-kontot { $account }.
sign-in-steps = Öppna den på den enhet där du vill arbeta.
sign-in-button = Logga in
copy = Om knappen inte fungerar, kopiera den här adressen till webbläsaren:
until = Länken fungerar en gång och till { $until }.
ignore = Om du inte väntade dig det här e-brevet behöver du inte göra något.
alert-subject = Intressant händelse: { $person }
alert-when = Intressant händelse { $at }
alert-open = Öppna posten i Salesforce
alert-why-person = Du får det här mejlet eftersom du får veta om intressanta händelser hos { $label }.
alert-why-account = Du får det här mejlet eftersom du får veta om intressanta händelser hos kontot { $label }.
alert-why-type = Du får det här mejlet eftersom du får veta om intressanta händelser av typen ”{ $label }” hos personer som du äger.
alert-why-description = Du får det här mejlet eftersom du får veta om den intressanta händelsen ”{ $label }” hos personer som du äger.
alert-leave = Sluta få de här mejlen

## What became of the rows of a file
row-cells = Raden har { $found } celler, rubriken { $wanted }.
row-no-address = Det finns ingen adress.
row-address-long = Adressen är längre än 254 tecken.
row-address-letters = Adressen innehåller ett blanksteg eller ett tecken utanför ASCII; skriv en internationell domän som xn--…
row-address-at = Adressen saknar @.
row-address-before = Det som står före @ går inte att använda.
row-address-dots = Före @ står en punkt på fel ställe.
row-address-domain = Det som står efter @ är ingen domän.
row-address = Det är ingen e-postadress.
row-first-name = Förnamnet är inget namn.
row-last-name = Efternamnet är inget namn.
row-role = Rollen måste vara administratör eller användare.
row-team = Ett av teamen finns inte.
row-invited = Inbjudan är på väg.
row-already-member = Personen är redan medlem.
row-already-invited = Personen är redan inbjuden; inbjudan kan skickas igen.
row-elsewhere = Adressen hör till ett annat konto. Varje adress kan bara finnas i ett konto.
row-over-seat-limit = Kontot har ingen ledig plats.
row-duplicate = Adressen står i en tidigare rad i filen.
