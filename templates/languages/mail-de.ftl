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
