# Was die Mails des Kontos sagen, auf Deutsch. Die englische Datei ist die Vorlage.

greeting = Guten Tag,
first-subject = Marketo Sales für { $account } einrichten
first-body = { $inviter } hat Sie als ersten Benutzer des Marketo-Sales-Kontos { $account } ausgewählt.
first-steps = Öffnen Sie den Link, um das Konto zu betreten. Dort verbinden Sie Salesforce und Marketo Engage, starten die Synchronisierung und laden Ihre Kolleginnen und Kollegen ein.
invitation-subject = { $inviter } lädt Sie zu { $account } ein
invitation-body = { $inviter } lädt Sie in das Marketo-Sales-Konto { $account } ein.
invitation-steps = Öffnen Sie den Link, um die Einladung anzunehmen und Ihr Konto kennenzulernen.
invitation-button = Loslegen
sign-in-subject = Ihr Anmeldelink für { $account }
sign-in-body = Sie haben einen Link angefordert, um sich beim Marketo-Sales-Konto { $account } anzumelden.
sign-in-steps = Öffnen Sie ihn auf dem Gerät, auf dem Sie arbeiten möchten.
sign-in-button = Anmelden
copy = Wenn die Schaltfläche nicht funktioniert, kopieren Sie diese Adresse in Ihren Browser:
until = Der Link funktioniert einmal und bis { $until }.
ignore = Wenn Sie diese Mail nicht erwartet haben, brauchen Sie nichts zu tun.
alert-subject = Interessanter Moment: { $person }
alert-when = Interessanter Moment vom { $at }
alert-open = Datensatz in Salesforce öffnen
alert-why-person = Sie erhalten diese E-Mail, weil Sie über interessante Momente von { $label } benachrichtigt werden.
alert-why-account = Sie erhalten diese E-Mail, weil Sie über interessante Momente des Accounts { $label } benachrichtigt werden.
alert-why-type = Sie erhalten diese E-Mail, weil Sie über interessante Momente der Art „{ $label }“ von Personen benachrichtigt werden, die Ihnen gehören.
alert-why-description = Sie erhalten diese E-Mail, weil Sie über den interessanten Moment „{ $label }“ von Personen benachrichtigt werden, die Ihnen gehören.
alert-leave = Diese E-Mails beenden

## What became of the rows of a file
row-cells = Die Zeile hat { $found } Zellen, die Kopfzeile { $wanted }.
row-no-address = Es gibt keine Adresse.
row-address-long = Die Adresse ist länger als 254 Zeichen.
row-address-letters = Die Adresse enthält ein Leerzeichen oder ein Zeichen außerhalb von ASCII; schreiben Sie eine internationale Domain als xn--…
row-address-at = Die Adresse hat kein @.
row-address-before = Was vor dem @ steht, kann nicht verwendet werden.
row-address-dots = Vor dem @ steht ein Punkt an falscher Stelle.
row-address-domain = Was nach dem @ steht, ist keine Domain.
row-address = Das ist keine E-Mail-Adresse.
row-first-name = Der Vorname ist kein Name.
row-last-name = Der Nachname ist kein Name.
row-role = Die Rolle muss Administrator oder Benutzer sein.
row-team = Eines der Teams gibt es nicht.
row-invited = Die Einladung ist unterwegs.
row-already-member = Die Person ist schon Mitglied.
row-already-invited = Die Person ist schon eingeladen; die Einladung kann erneut gesendet werden.
row-elsewhere = Die Adresse gehört zu einem anderen Konto. Jede Adresse kann nur in einem Konto sein.
row-over-seat-limit = Das Konto hat keinen freien Platz.
row-duplicate = Die Adresse steht schon in einer früheren Zeile der Datei.
