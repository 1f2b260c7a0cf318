# Was das Panel und seine Seiten sagen, auf Deutsch. Die englische Datei ist die Vorlage.

## Reiter
tabs-label = Marketo-Aktivitäten
tab-moments = Interessante Momente
tab-web = Webaktivität
tab-email = E-Mail
tab-score = Score
panel-title = Marketo Sales Insight
loading = Wird geladen …
more = Mehr anzeigen
retry = Erneut versuchen
panel-settings = Einstellungen
settings-not-member = Die Einstellungen sind für Mitglieder des Kontos. Sind Sie eines, melden Sie sich einmal mit Salesforce an; danach öffnen sie sich von hier aus sofort. Sonst bitten Sie einen Admin Ihres Kontos um eine Einladung.
settings-sign-in = Anmelden
settings-failed = Die Einstellungen lassen sich gerade nicht öffnen. Versuchen Sie es gleich noch einmal.
launch-too-many-people = Zu diesem Datensatz gehören mehr als 800 Personen. Wählen Sie bis zu 200 davon in einer Listenansicht aus und fügen Sie sie dort der Kampagne hinzu.
reload = Über Salesforce neu laden
reloading = Salesforce lädt dieses Panel neu …
reload-failed = Salesforce hat das Panel nicht neu geladen. Bitte laden Sie die ganze Seite neu.
list-count = { $count ->
    [one] { $count } Eintrag wird angezeigt
   *[other] { $count } Einträge werden angezeigt
}

## Person
person-no-name = Ohne Namen
person-last = Letzte Aktivität
person-no-activity = Noch keine Aktivität erfasst
person-score = Score
person-no-score = Noch kein Score
rank-top = oberste { $percent } %
rank-above = über { $percent } % der Personen
stars = { $count ->
    [one] { $count } von 3 Sternen: Score im Vergleich zu allen anderen
   *[other] { $count } von 3 Sternen: Score im Vergleich zu allen anderen
}
flames = { $count ->
    [one] { $count } von 3 Flammen: wie stark der Score zuletzt gestiegen ist
   *[other] { $count } von 3 Flammen: wie stark der Score zuletzt gestiegen ist
}

## Was eine Person getan hat
about = { $did }:
did-moment = Interessanter Moment
did-visit = Seite besucht
did-form = Formular ausgefüllt
did-click = Link angeklickt
did-sent = E-Mail gesendet
did-delivered = E-Mail zugestellt
did-opened = E-Mail geöffnet
did-clicked = Link in E-Mail angeklickt
did-bounced = E-Mail unzustellbar
did-soft_bounced = E-Mail vorübergehend unzustellbar
did-unsubscribed = Abgemeldet
did-score = Score geändert
did-sales_sent = Vertriebs-E-Mail gesendet
did-sales_opened = Vertriebs-E-Mail geöffnet
did-sales_clicked = Link in Vertriebs-E-Mail angeklickt
did-sales_replied = Vertriebs-E-Mail beantwortet
did-sales_bounced = Vertriebs-E-Mail unzustellbar
did-other = Aktivität

## Listen
column-type = Typ
column-description = Beschreibung
column-source = Quelle
column-date = Datum
column-page = Seite
column-referrer = Suche oder Herkunft
column-subject = Betreff
column-status = Status
column-opened = Geöffnet
column-clicked = Geklickt
column-score-name = Score
column-old = Alt
column-new = Neu
column-change = Änderung
column-reason = Grund
opens-new-tab = öffnet einen neuen Tab
no-page = Unbekannte Seite
no-subject = Ohne Betreff
moment-type-web = Web
moment-type-email = E-Mail
moment-type-milestone = Meilenstein
moment-type-other = Moment
web-visit = Besuch
web-form = Formular
web-click = Link
searched-for = Gesucht nach „{ $term }“
from-marketo = Von Marketo gesendet
from-sales = Vom Vertrieb gesendet
email-sent = Gesendet
email-delivered = Zugestellt
email-bounced = Unzustellbar
email-soft_bounced = Soft Bounce
email-unsubscribed = Abgemeldet
email-other = Unbekannt
times = { $count }×
opened-times = { $count ->
    [one] einmal geöffnet
   *[other] { $count }-mal geöffnet
}
clicked-times = { $count ->
    [one] einmal geklickt
   *[other] { $count }-mal geklickt
}
not-opened = nicht geöffnet
not-clicked = nicht geklickt

## Score-Diagramm
chart-rose = { $name }: seit { $date } von { $from } auf { $to } gestiegen
chart-fell = { $name }: seit { $date } von { $from } auf { $to } gefallen
chart-same = { $name }: { $to }, wie am { $date }
chart-table = Alle Änderungen stehen in der Tabelle darunter.

## Leere Listen: warum, und was zu tun ist
empty-moments-title = Noch keine interessanten Momente
empty-moments-text = Ein Moment erscheint hier, sobald eine Marketo-Kampagne ihn für diese Person festhält, etwa eine Demo-Anfrage. Was zählt, legt Ihr Marketing-Team fest.
empty-web-title = Keine Webaktivität gesehen
empty-web-text = Besuche erscheinen, sobald Ihre Website diese Person kennt, etwa nach einem Klick in einer Marketo-E-Mail oder einem ausgefüllten Formular.
empty-email-title = Noch keine E-Mails
empty-email-text = E-Mails, die Marketo an diese Person sendet, erscheinen hier mit Öffnungen und Klicks. Prüfen Sie, ob die E-Mail-Adresse im Datensatz stimmt.
empty-score-title = Noch keine Score-Änderungen
empty-score-text = Der Score ändert sich, wenn diese Person etwas tut, wofür Ihr Marketing-Team Punkte vergibt.
history-loading-title = Der Verlauf ist unterwegs
history-loading = Frühere Aktivitäten werden noch aus Marketo geholt. Diese Liste füllt sich von selbst.
history-since = Aktivitäten seit { $date }
fresh-as-of = Stand:

## Zustände: was geschah und warum, dann was zu tun ist
state-unknown-org-title = Diese Salesforce-Organisation ist noch nicht verbunden
state-unknown-org-text = Das Panel wurde aus einer Salesforce-Organisation geöffnet, die kein Marketo-Sales-Konto kennt.
state-unknown-org-todo = Bitten Sie Ihren Salesforce-Admin, auf der Seite „Actions Config“ die Einladung zu senden und die Einrichtung abzuschließen.
state-suspended-title = Sales Insight ist für diese Organisation abgeschaltet
state-suspended-text = Das Marketo-Sales-Konto dieser Salesforce-Organisation ist gesperrt, oder das Paket wurde deinstalliert. Es wurde nichts gelöscht.
state-suspended-todo = Ihr Salesforce-Admin sieht den Grund unter „Connections & Customizations“ und kann es dort wieder einschalten.
state-no-record-title = Öffnen Sie einen Datensatz
state-no-record-text = Dieses Panel gehört zu einem Datensatz, aber Salesforce hat nicht gesagt, zu welchem.
state-no-record-todo = Öffnen Sie einen Lead, einen Kontakt, einen Account oder eine Opportunity. Admins: Setzen Sie das Panel auf eine dieser Datensatzseiten.
state-not-in-marketo-title = Diese Person ist nicht in Marketo
state-not-in-marketo-text = Marketo hat keine Person zu diesem Salesforce-Datensatz, daher gibt es keine Aktivitäten zu zeigen.
state-not-in-marketo-todo = Neue Datensätze erreichen Marketo mit der nächsten Synchronisierung. Bleibt dieser aus, fragen Sie Ihren Marketo-Admin, ob die Synchronisierung ihn auslässt.
state-looking-title = Diese Person wird in Marketo gesucht …
state-looking-text = Der Datensatz ist neu für uns. Marketo wird gerade gefragt, das dauert einige Sekunden.
state-looking-todo = Sie müssen nichts tun: Das Panel sieht von selbst wieder nach.
state-session-expired-title = Ihre Sitzung ist beendet
state-session-expired-text = Das Panel war länger geöffnet, als eine Sitzung dauert. Ihre Anmeldung bei Salesforce ist davon nicht betroffen.
state-session-expired-todo = Laden Sie das Panel neu, um fortzufahren.
state-upstream-title = Die Daten konnten nicht geladen werden
state-upstream-text = Ein System hinter diesem Panel antwortet gerade nicht. Es ist nichts verloren gegangen.
state-upstream-todo = Versuchen Sie es gleich noch einmal. Bleibt es dabei, nennen Sie Ihrem Admin die Anfragenummer unten.
state-approval-title = Zugriff einmalig erlauben
state-approval-text = Salesforce bittet um Ihre Zustimmung, bevor es Datensätze mit diesem Panel teilt.
state-approval-todo = Stimmen Sie im neuen Tab zu, kommen Sie dann zurück und laden Sie das Panel neu.
state-approval-action = In Salesforce zustimmen
state-refused-title = Diese Anfrage konnte nicht geprüft werden
state-refused-text = Das Panel öffnet sich nur mit einer von Salesforce signierten Anfrage, und diese wurde nicht angenommen.
state-refused-todo = Laden Sie die Salesforce-Seite neu. Geschieht es wieder, bitten Sie Ihren Admin, das Consumer Secret mit dem in Salesforce zu vergleichen.
state-not-found-title = Hier ist nichts
state-not-found-text = Die Adresse ist falsch, oder was sie benennt, dürfen Sie nicht sehen.
state-not-found-todo = Gehen Sie in Salesforce zurück zum Datensatz und öffnen Sie das Panel von dort.
state-failed-title = Keine Antwort
state-failed-text = Das Panel konnte seinen Server nicht erreichen, oder die Antwort dauerte zu lange.
state-failed-todo = Prüfen Sie Ihre Verbindung und versuchen Sie es erneut.
request-number = Anfrage { $id }
details = Einzelheiten

## Zeiten
time-now = gerade eben
time-minutes = vor { $n } Min.
time-hours = vor { $n } Std.
time-yesterday = gestern
time-days = vor { $n } Tagen
date-short = { $day }. { $month }
date-long = { $day }. { $month } { $year }
date-exact = { $weekday } { $day }. { $month } { $year }, { $clock } { $zone }
month-1 = Jan.
month-2 = Feb.
month-3 = März
month-4 = Apr.
month-5 = Mai
month-6 = Juni
month-7 = Juli
month-8 = Aug.
month-9 = Sept.
month-10 = Okt.
month-11 = Nov.
month-12 = Dez.
weekday-1 = Mo.
weekday-2 = Di.
weekday-3 = Mi.
weekday-4 = Do.
weekday-5 = Fr.
weekday-6 = Sa.
weekday-7 = So.

## Acting
act-menu = Aktionen
act-call = Anruf erfassen
act-task = Aufgabe hinzufügen
act-email = Vertriebs-E-Mail senden
act-campaign = Zu einer Marketo-Kampagne hinzufügen
act-watch = Auf meine Beobachtungsliste
act-unwatch = Von meiner Beobachtungsliste entfernen
act-cancel = Abbrechen
why-not-member = Sie sind kein Mitglied des Marketo-Sales-Kontos. Lassen Sie sich von einem Administrator einladen und melden Sie sich einmal mit Salesforce an.
why-no-email = Marketo kennt keine E-Mail-Adresse dieser Person.
why-unsubscribed = Diese Person hat sich abgemeldet.
why-blocked = Ein Administrator hat diese Domain gesperrt.
why-no-channel = Es ist noch kein Mailserver eingerichtet.
why-unfilled = Einige Felder haben für diese Person keinen Wert.
why-not-in-marketo = Marketo kennt diesen Datensatz nicht.
why-other = Das ist nicht möglich.
field-outcome = Ergebnis
field-reason = Grund
field-status = Status
field-minutes = Dauer in Minuten
field-phone = Telefonnummer
field-notes = Notizen
field-task = Aufgabe
field-type = Art
field-due = Fällig am
field-priority = Priorität
field-assignee = Zugewiesen an
field-to = An
field-template = Vorlage
field-cc = Kopie an (Cc)
field-subject = Betreff
field-text = Nachricht
field-send-on = Senden am (leer: jetzt; { $zone })
field-campaign = Kampagne
no-template = Keine Vorlage
no-campaigns = Marketo hat keine Kampagne, die angefordert werden kann.
preview-title = Was der Empfänger sehen wird
do-call = Anruf erfassen
do-task = Aufgabe hinzufügen
do-email = Senden
do-campaign = Hinzufügen
do-preview = Vorschau
done-call = Der Anruf ist erfasst.
done-task = Die Aufgabe ist hinzugefügt.
done-email = Die E-Mail ist unterwegs.
done-campaign = Die Person wird zur Kampagne hinzugefügt.
done-watch = Auf Ihrer Beobachtungsliste.
done-unwatch = Nicht mehr auf Ihrer Beobachtungsliste.
done-draft = Der Entwurf ist gespeichert.
call-completed = Abgeschlossen
call-no-answer = Keine Antwort
call-cancelled = Abgebrochen
call-failed = Fehlgeschlagen
task-email = E-Mail
task-call = Anruf
task-in-mail = InMail
task-custom = Sonstiges
task-high = Hoch
task-normal = Normal
task-low = Niedrig
tab-calls = Anrufe
tab-tasks = Aufgaben
empty-calls-title = Noch keine Anrufe
empty-calls-text = Anrufe, die Sie erfassen, erscheinen hier, in Marketo und in Salesforce.
empty-tasks-title = Noch keine Aufgaben
empty-tasks-text = Aufgaben, die Sie hinzufügen, erscheinen hier und in Salesforce.
column-notes = Notizen
column-made-by = Von
column-duration = Dauer
column-task = Aufgabe
column-due = Fällig
column-priority = Priorität
column-assignee = Zugewiesen an

## Insights Dashboard
tab-insights = Überblick
insights-grid = Engagement der letzten 13 Wochen: wie viel in jeder geschah
insights-week = Woche vom
insights-filter = Nur anzeigen
insights-all = Alles
insights-quiet = In dieser Woche gab es nichts davon. Wählen Sie oben eine andere Woche.
insights-more = In dieser Woche geschah mehr, als hier Platz hat. Die anderen Reiter zeigen alles.
empty-insights-title = Nichts in den letzten 13 Wochen
empty-insights-text = Interessante Momente, E-Mails und Besuche dieser Person erscheinen hier, Woche für Woche.
kind-moments = Interessante Momente
kind-email = E-Mail
kind-web = Web
kind-sales = Vertrieb
insights-told = Woche vom { $date }: { $count ->
    [one] { $count } Eintrag
   *[other] { $count } Einträge
}

## Accounts and opportunities: several people together
person-only = Nur diese Person zeigen
column-person = Person
group-account = Account
group-opportunity = Opportunity
group-people = { $count ->
    [one] { $count } Person in Marketo
   *[other] { $count } Personen in Marketo
}
group-more = mehr als { $count } Personen; die Listen zeigen die { $count } dringendsten
group-pick = Aktivität zeigen von
group-everybody = Alle
group-record = Datensatz öffnen
show-account = Aktivität des Accounts zeigen
show-account-too-many = Nicht möglich: Der Account hat mehr als 800 Personen.
too-many-title = Mehr als { $count } Personen
too-many-text = Das Dashboard zählt die Aktivität aller Personen zusammen; hier sind es zu viele, als dass das etwas sagen würde.
too-many-todo = Wählen Sie oben eine Person oder öffnen Sie einen Kontakt. Die anderen Reiter zeigen die dringendsten Personen.
upcoming-tasks = { $count ->
    [one] { $count } anstehende Aufgabe
   *[other] { $count } anstehende Aufgaben
}
task-overdue = überfällig seit { $day }
state-nobody-of-account-title = Niemand dieses Accounts ist in Marketo
state-nobody-of-account-text = Marketo kennt keinen Kontakt dieses Salesforce-Accounts, der jemandem gehört; darum gibt es keine Aktivität zu zeigen.
state-nobody-of-account-todo = Legen Sie Kontakte am Account an, oder fragen Sie Ihren Marketo-Admin, ob die Synchronisierung sie auslässt.
state-nobody-of-opportunity-title = Niemand dieser Opportunity ist in Marketo
state-nobody-of-opportunity-text = Die Personen einer Opportunity sind ihre Kontaktrollen. Es gibt noch keine, oder Marketo kennt keine davon.
state-nobody-of-opportunity-todo = Fügen Sie der Opportunity in Salesforce Kontaktrollen hinzu und versuchen Sie es erneut.
state-roles-unknown-title = Die Kontaktrollen sind nicht lesbar
state-roles-unknown-text = Wer an einer Opportunity beteiligt ist, weiß nur Salesforce, und das lässt sich gerade nicht fragen.
state-roles-unknown-todo = Bitten Sie Ihren Admin, die Salesforce-Verbindung unter „Verbindungen & Anpassungen“ zu prüfen.

## A mail, opened
mail-close = Schließen
mail-from = Von
mail-cc = Cc
mail-events = Was geschah
mail-bot = nicht von einem Menschen
mail-content = Die E-Mail selbst
mail-open = Die E-Mail zeigen
mail-gone = Diese E-Mail lässt sich nicht mehr zeigen: Marketo hat sie nicht mehr.
mail-not-permitted = Die E-Mail selbst lässt sich nicht zeigen: Der API-Benutzer in Marketo darf keine Assets lesen. Bitten Sie Ihren Marketo-Admin um die Berechtigung „Read-Only Assets“.
mail-unavailable = Die E-Mail selbst lässt sich nicht zeigen: Marketo antwortet gerade nicht. Was mit ihr geschah, ist vollständig.
email-replied = Beantwortet
mail-replied = { $count ->
    [one] Beantwortet
   *[other] { $count }× beantwortet
}

## Subscribing to interesting moments
subscribe = Abonnieren
subscribe-title = Interessante Momente per E-Mail mitteilen
subscribe-basis = Von
subscribe-person = Dieser Person:
subscribe-account = Diesem Account:
subscribe-type = Dieser Art, von meinen Personen:
subscribe-description = Genau dieser, von meinen Personen:
subscribe-recipients = Wer die E-Mails erhält
subscribe-do = Abonnieren
subscribe-mine = Abonnements
subscribe-end = Beenden
done-subscribe = Abonniert: Die E-Mails kommen, wenn es geschieht.

## The page of the global tab
tab-best-bets = Beste Chancen
tab-watch-list = Beobachtungsliste
tab-my-emails = Meine E-Mails
feed-title = Lead-Feed
feed-nothing = In letzter Zeit ist nichts geschehen. Interessante Momente Ihrer eigenen und der beobachteten Personen erscheinen hier von selbst.
feed-best = Eine Ihrer besten Chancen
bets-all = Alle
bets-leads = Leads
bets-contacts = Kontakte
column-company = Account
column-last-moment = Letzter interessanter Moment
column-engagement = Engagement
desk-hide = Ausblenden
desk-watch = Beobachten
desk-unwatch = Nicht mehr beobachten
desk-undo = Rückgängig
done-hide = { $count ->
    [one] Für { $count } Tag ausgeblendet.
   *[other] Für { $count } Tage ausgeblendet.
}
done-unhide = Wieder eingeblendet.
bets-more = Das sind die besten { $count }. Grenzen Sie die Liste ein, um andere zu sehen.
empty-best-bets-title = Ihnen gehört niemand in Marketo
empty-best-bets-text = Leads und Kontakte, die Ihnen gehören, erscheinen hier, die dringendsten zuerst, sobald Marketo sie kennt.
empty-watch-list-title = Sie beobachten niemanden
empty-watch-list-text = Drücken Sie „Beobachten“ neben einer Ihrer besten Chancen, oder wählen Sie bei einem Lead oder Kontakt „Zu meiner Beobachtungsliste hinzufügen“.
empty-my-emails-title = Sie haben keine E-Mails gesendet
empty-my-emails-text = Vertriebs-E-Mails, die Sie aus Salesforce senden, erscheinen hier mit Öffnungen und Klicks.
why-switched-off = Ihr Salesforce-Admin hat das ausgeschaltet.

## Vertriebskampagnen
act-sales = Zu einer Vertriebskampagne hinzufügen
do-sales = Starten
done-sales = Die Vertriebskampagne wurde für diese Person gestartet.
field-sales-campaign = Vertriebskampagne
choose-campaign = Kampagne wählen
field-start-on = Beginn (leer: jetzt; { $zone })
sales-when = Was wann geschieht
sales-waits = wartet dann, bis die Aufgabe erledigt ist
no-sales-campaigns = Es gibt keine Vertriebskampagne, die Sie starten können. Legen Sie in den Einstellungen unter Vertriebskampagnen eine an.
why-no-steps = Diese Kampagne hat noch keine Schritte.
why-enough = Sie haben so viele Kampagnen laufen wie erlaubt.
why-left-out = Die Kampagne kann für diese Person nicht gestartet werden.
upcoming-campaigns = { $count ->
    [one] 1 laufende Vertriebskampagne
   *[other] { $count } laufende Vertriebskampagnen
}
going-place = Schritt { $number } von { $of }
going-waits = wartet auf eine Aufgabe
going-blocked = braucht Aufmerksamkeit

## Several people at the page of the global tab
bulk-chosen = Ausgewählt:
bulk-all = Alle auf dieser Seite auswählen
bulk-one = { $name } auswählen
bulk-email = E-Mail senden
bulk-sales = Vertriebskampagne
bulk-campaign = Marketo-Kampagne
bulk-task = Aufgabe

## What became of it for several people
desk-for = 
    { $count ->
        [one] Für eine Person
       *[other] Für { $count } Personen
    }
desk-skipped = 
    { $count ->
        [one] Eine Person wurde ausgelassen.
       *[other] { $count } Personen wurden ausgelassen.
    }
done-watch-many = 
    { $count ->
        [one] Eine Person ist auf Ihrer Beobachtungsliste.
       *[other] { $count } Personen sind auf Ihrer Beobachtungsliste.
    }
done-task-many = 
    { $count ->
        [one] Die Aufgabe ist für eine Person angelegt.
       *[other] Die Aufgabe ist für { $count } Personen angelegt.
    }
done-campaign-many = 
    { $count ->
        [one] Eine Person wird in die Kampagne aufgenommen.
       *[other] { $count } Personen werden in die Kampagne aufgenommen.
    }
