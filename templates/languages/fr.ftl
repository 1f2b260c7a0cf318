# Ce que disent le panneau et ses pages, en français. Le fichier anglais est l’original.

## Onglets
tabs-label = Activité Marketo
tab-moments = Moments intéressants
tab-web = Activité web
tab-email = E-mail
tab-score = Score
panel-title = Marketo Sales Insight
loading = Chargement…
more = Afficher plus
retry = Réessayer
panel-settings = Réglages
settings-not-member = Les réglages sont réservés aux membres du compte. Si vous en êtes membre, connectez-vous une fois avec Salesforce ; ensuite ils s’ouvriront d’ici directement. Sinon, demandez une invitation à un administrateur de votre compte.
settings-sign-in = Se connecter
settings-failed = Les réglages ne peuvent pas être ouverts pour l’instant. Réessayez dans un moment.
launch-too-many-people = Plus de 800 personnes sont liées à cet enregistrement. Choisissez-en jusqu’à 200 dans une vue de liste et ajoutez-les à la campagne depuis celle-ci.
reload = Recharger via Salesforce
reloading = Salesforce recharge ce panneau…
reload-failed = Salesforce n’a pas rechargé le panneau. Rechargez la page entière.
list-count = { $count ->
    [one] { $count } élément affiché
   *[other] { $count } éléments affichés
}

## Personne
person-no-name = Sans nom
person-last = Dernière activité
person-no-activity = Aucune activité enregistrée
person-score = Score
person-no-score = Pas encore de score
rank-top = top { $percent } %
rank-above = au-dessus de { $percent } %
stars = { $count ->
    [one] { $count } étoile sur 3 : score comparé à celui de tous les autres
   *[other] { $count } étoiles sur 3 : score comparé à celui de tous les autres
}
flames = { $count ->
    [one] { $count } flamme sur 3 : progression récente du score
   *[other] { $count } flammes sur 3 : progression récente du score
}

## Ce que la personne a fait
about = { $did } :
did-moment = Moment intéressant
did-visit = A visité une page
did-form = A rempli un formulaire
did-click = A cliqué sur un lien
did-sent = E-mail envoyé
did-delivered = E-mail reçu
did-opened = A ouvert un e-mail
did-clicked = A cliqué dans un e-mail
did-bounced = E-mail non remis
did-soft_bounced = E-mail temporairement non remis
did-unsubscribed = Désinscription
did-score = Score modifié
did-sales_sent = E-mail commercial envoyé
did-sales_opened = A ouvert un e-mail commercial
did-sales_clicked = A cliqué dans un e-mail commercial
did-sales_replied = A répondu à un e-mail commercial
did-sales_bounced = E-mail commercial non remis
did-other = Activité

## Listes
column-type = Type
column-description = Description
column-source = Source
column-date = Date
column-page = Page
column-referrer = Recherche ou provenance
column-subject = Objet
column-status = Statut
column-opened = Ouvert
column-clicked = Cliqué
column-score-name = Score
column-old = Ancien
column-new = Nouveau
column-change = Variation
column-reason = Motif
opens-new-tab = s’ouvre dans un nouvel onglet
no-page = Page inconnue
no-subject = Sans objet
moment-type-web = Web
moment-type-email = E-mail
moment-type-milestone = Jalon
moment-type-other = Moment
web-visit = Visite
web-form = Formulaire
web-click = Lien
searched-for = Recherche « { $term } »
from-marketo = Envoyé par Marketo
from-sales = Envoyé par les ventes
email-sent = Envoyé
email-delivered = Remis
email-bounced = Non remis
email-soft_bounced = Rejet temporaire
email-unsubscribed = Désinscrit
email-other = Inconnu
times = { $count }×
opened-times = { $count ->
    [one] ouvert { $count } fois
   *[other] ouvert { $count } fois
}
clicked-times = { $count ->
    [one] cliqué { $count } fois
   *[other] cliqué { $count } fois
}
not-opened = non ouvert
not-clicked = non cliqué

## Graphique du score
chart-rose = { $name } : passé de { $from } à { $to } depuis le { $date }
chart-fell = { $name } : descendu de { $from } à { $to } depuis le { $date }
chart-same = { $name } : { $to }, comme le { $date }
chart-table = Toutes les variations figurent dans le tableau ci-dessous.

## Listes vides : pourquoi, et que faire
empty-moments-title = Pas encore de moments intéressants
empty-moments-text = Un moment apparaît ici dès qu’une campagne Marketo en enregistre un pour cette personne, par exemple une demande de démo. Votre équipe marketing décide de ce qui compte.
empty-web-title = Aucune activité web constatée
empty-web-text = Les visites apparaissent dès que votre site reconnaît cette personne, par exemple après un clic dans un e-mail Marketo ou un formulaire rempli.
empty-email-title = Pas encore d’e-mails
empty-email-text = Les e-mails que Marketo envoie à cette personne apparaissent ici, avec les ouvertures et les clics. Vérifiez que l’adresse e-mail de la fiche est correcte.
empty-score-title = Pas encore de variation du score
empty-score-text = Le score change quand cette personne fait quelque chose à quoi votre équipe marketing attribue des points.
history-loading-title = L’historique arrive
history-loading = L’activité antérieure est encore en cours de récupération dans Marketo. Cette liste se remplit d’elle-même.
history-since = Activité depuis le { $date }
fresh-as-of = Mise à jour :

## États : ce qui s’est passé et pourquoi, puis que faire
state-unknown-org-title = Cette organisation Salesforce n’est pas encore connectée
state-unknown-org-text = Le panneau a été ouvert depuis une organisation Salesforce qu’aucun compte Marketo Sales ne connaît.
state-unknown-org-todo = Demandez à votre admin Salesforce d’envoyer l’invitation depuis la page « Actions Config » et de terminer la configuration.
state-suspended-title = Sales Insight est désactivé pour cette organisation
state-suspended-text = Le compte Marketo Sales de cette organisation Salesforce est suspendu ou le package a été désinstallé. Rien n’a été supprimé.
state-suspended-todo = Votre admin Salesforce en trouve la raison sous « Connections & Customizations » et peut le réactiver.
state-no-record-title = Ouvrez une fiche
state-no-record-text = Ce panneau appartient à une fiche, mais Salesforce n’a pas dit à laquelle.
state-no-record-todo = Ouvrez une piste, un contact, un compte ou une opportunité. Admins : placez le panneau sur l’une de ces pages.
state-not-in-marketo-title = Cette personne n’est pas dans Marketo
state-not-in-marketo-text = Marketo n’a aucune personne pour cet enregistrement Salesforce ; il n’y a donc aucune activité à afficher.
state-not-in-marketo-todo = Les nouveaux enregistrements arrivent dans Marketo à la prochaine synchronisation. Si celui-ci n’arrive pas, demandez à votre admin Marketo si la synchronisation l’exclut.
state-looking-title = Recherche de cette personne dans Marketo…
state-looking-text = Cet enregistrement est nouveau pour nous. Marketo est interrogé, cela prend quelques secondes.
state-looking-todo = Vous n’avez rien à faire : le panneau vérifie à nouveau de lui-même.
state-session-expired-title = Votre session est terminée
state-session-expired-text = Le panneau est resté ouvert plus longtemps que ne dure une session. Votre connexion à Salesforce n’est pas concernée.
state-session-expired-todo = Rechargez le panneau pour continuer.
state-upstream-title = Les données n’ont pas pu être chargées
state-upstream-text = Un système dont dépend ce panneau ne répond pas pour le moment. Rien n’est perdu.
state-upstream-todo = Réessayez dans un instant. Si le problème persiste, donnez à votre admin le numéro de requête ci-dessous.
state-approval-title = Autorisez l’accès une fois
state-approval-text = Salesforce demande votre accord avant de partager des enregistrements avec ce panneau.
state-approval-todo = Autorisez l’accès dans le nouvel onglet, puis revenez et rechargez le panneau.
state-approval-action = Autoriser dans Salesforce
state-refused-title = Cette requête n’a pas pu être vérifiée
state-refused-text = Le panneau ne s’ouvre qu’avec une requête signée par Salesforce, et celle-ci n’a pas été acceptée.
state-refused-todo = Rechargez la page Salesforce. Si cela se reproduit, demandez à votre admin de comparer le secret du consommateur avec celui de Salesforce.
state-not-found-title = Il n’y a rien ici
state-not-found-text = L’adresse est incorrecte, ou ce qu’elle désigne ne vous est pas accessible.
state-not-found-todo = Revenez à l’enregistrement dans Salesforce et ouvrez le panneau depuis cet endroit.
state-failed-title = Pas de réponse
state-failed-text = Le panneau n’a pas pu joindre son serveur, ou la réponse a pris trop de temps.
state-failed-todo = Vérifiez votre connexion et réessayez.
request-number = Requête { $id }
details = Détails

## Heures et dates
time-now = à l’instant
time-minutes = il y a { $n } min
time-hours = il y a { $n } h
time-yesterday = hier
time-days = il y a { $n } jours
date-short = { $day } { $month }
date-long = { $day } { $month } { $year }
date-exact = { $weekday } { $day } { $month } { $year }, { $clock } { $zone }
month-1 = janv.
month-2 = févr.
month-3 = mars
month-4 = avr.
month-5 = mai
month-6 = juin
month-7 = juill.
month-8 = août
month-9 = sept.
month-10 = oct.
month-11 = nov.
month-12 = déc.
weekday-1 = lun.
weekday-2 = mar.
weekday-3 = mer.
weekday-4 = jeu.
weekday-5 = ven.
weekday-6 = sam.
weekday-7 = dim.

## Acting
act-menu = Actions
act-call = Consigner un appel
act-task = Ajouter une tâche
act-email = Envoyer un e-mail commercial
act-campaign = Ajouter à une campagne Marketo
act-watch = Ajouter à ma liste de suivi
act-unwatch = Retirer de ma liste de suivi
act-cancel = Annuler
why-not-member = Vous n’êtes pas membre du compte Marketo Sales. Demandez une invitation à un administrateur, puis connectez-vous une fois avec Salesforce.
why-no-email = Marketo ne connaît aucune adresse e-mail de cette personne.
why-unsubscribed = Cette personne s’est désabonnée.
why-blocked = Un administrateur a bloqué ce domaine.
why-no-channel = Aucun serveur de messagerie n’est encore configuré.
why-unfilled = Certains champs n’ont pas de valeur pour cette personne.
why-not-in-marketo = Marketo ne connaît pas cet enregistrement.
why-other = Ce n’est pas possible.
field-outcome = Résultat
field-reason = Motif
field-status = Statut
field-minutes = Durée en minutes
field-phone = Numéro de téléphone
field-notes = Notes
field-task = Tâche
field-type = Type
field-due = Échéance
field-priority = Priorité
field-assignee = Attribuée à
field-to = À
field-template = Modèle
field-cc = Copie à (Cc)
field-subject = Objet
field-text = Message
field-send-on = Envoyer le (vide : maintenant ; { $zone })
field-campaign = Campagne
no-template = Sans modèle
no-campaigns = Marketo n’a aucune campagne que l’on puisse demander.
preview-title = Ce que verra le destinataire
do-call = Consigner l’appel
do-task = Ajouter la tâche
do-email = Envoyer
do-campaign = Ajouter
do-preview = Aperçu
done-call = L’appel est consigné.
done-task = La tâche est ajoutée.
done-email = L’e-mail est en route.
done-campaign = La personne est en cours d’ajout à la campagne.
done-watch = Dans votre liste de suivi.
done-unwatch = N’est plus dans votre liste de suivi.
done-draft = Le brouillon est enregistré.
call-completed = Terminé
call-no-answer = Sans réponse
call-cancelled = Annulé
call-failed = Échec
task-email = E-mail
task-call = Appel
task-in-mail = InMail
task-custom = Autre
task-high = Haute
task-normal = Normale
task-low = Basse
tab-calls = Appels
tab-tasks = Tâches
empty-calls-title = Aucun appel pour l’instant
empty-calls-text = Les appels que vous consignez apparaissent ici, dans Marketo et dans Salesforce.
empty-tasks-title = Aucune tâche pour l’instant
empty-tasks-text = Les tâches que vous ajoutez apparaissent ici et dans Salesforce.
column-notes = Notes
column-made-by = Passé par
column-duration = Durée
column-task = Tâche
column-due = Échéance
column-priority = Priorité
column-assignee = Attribuée à

## Insights Dashboard
tab-insights = Aperçu
insights-grid = Engagement des 13 dernières semaines : combien d’activités pour chacune
insights-week = Semaine du
insights-filter = Afficher seulement
insights-all = Tout
insights-quiet = Rien de ce type cette semaine. Choisissez une autre semaine ci-dessus.
insights-more = Cette semaine compte plus d’activités que la place ici. Les autres onglets montrent tout.
empty-insights-title = Rien ces 13 dernières semaines
empty-insights-text = Les moments intéressants, e-mails et visites de cette personne s’afficheront ici, semaine par semaine.
kind-moments = Moments intéressants
kind-email = E-mail
kind-web = Web
kind-sales = Ventes
insights-told = Semaine du { $date }: { $count ->
    [one] { $count } entrée
   *[other] { $count } entrées
}

## Accounts and opportunities: several people together
person-only = Ne montrer que cette personne
column-person = Personne
group-account = Compte
group-opportunity = Opportunité
group-people = { $count ->
    [one] { $count } personne dans Marketo
   *[other] { $count } personnes dans Marketo
}
group-more = plus de { $count } personnes ; les listes montrent les { $count } plus urgentes
group-pick = Afficher l’activité de
group-everybody = Tout le monde
group-record = Ouvrir la fiche
show-account = Afficher l’activité du compte
show-account-too-many = Impossible : le compte a plus de 800 personnes.
too-many-title = Plus de { $count } personnes
too-many-text = Le tableau de bord additionne l’activité de toutes les personnes ; ici elles sont trop nombreuses pour que cela ait un sens.
too-many-todo = Choisissez une personne ci-dessus ou ouvrez un contact. Les autres onglets montrent les personnes les plus urgentes.
upcoming-tasks = { $count ->
    [one] { $count } tâche à venir
   *[other] { $count } tâches à venir
}
task-overdue = en retard depuis le { $day }
state-nobody-of-account-title = Personne de ce compte n’est dans Marketo
state-nobody-of-account-text = Marketo ne connaît aucun contact de ce compte Salesforce qui ait un propriétaire ; il n’y a donc pas d’activité à montrer.
state-nobody-of-account-todo = Ajoutez des contacts au compte, ou demandez à votre admin Marketo si la synchronisation les laisse de côté.
state-nobody-of-opportunity-title = Personne de cette opportunité n’est dans Marketo
state-nobody-of-opportunity-text = Les personnes d’une opportunité sont ses rôles de contact. Il n’y en a pas encore, ou Marketo n’en connaît aucun.
state-nobody-of-opportunity-todo = Ajoutez des rôles de contact à l’opportunité dans Salesforce, puis réessayez.
state-roles-unknown-title = Les rôles de contact ne peuvent pas être lus
state-roles-unknown-text = Seul Salesforce sait qui joue un rôle dans une opportunité, et il ne peut pas être interrogé pour le moment.
state-roles-unknown-todo = Demandez à votre admin de vérifier la connexion Salesforce sous « Connexions et personnalisations ».

## A mail, opened
mail-close = Fermer
mail-from = De
mail-cc = Cc
mail-events = Ce qui s’est passé
mail-bot = pas par une personne
mail-content = L’e-mail lui-même
mail-open = Afficher l’e-mail
mail-gone = Cet e-mail ne peut plus être affiché : Marketo ne l’a plus.
mail-not-permitted = L’e-mail lui-même ne peut pas être affiché : l’utilisateur API de Marketo ne peut pas lire les ressources. Demandez à votre admin Marketo l’autorisation « Read-Only Assets ».
mail-unavailable = L’e-mail lui-même ne peut pas être affiché : Marketo ne répond pas pour le moment. Ce qui s’est passé est complet.
email-replied = Réponse reçue
mail-replied = { $count ->
    [one] Réponse reçue
   *[other] { $count } réponses
}

## Subscribing to interesting moments
subscribe = S’abonner
subscribe-title = Être averti des moments intéressants par e-mail
subscribe-basis = De
subscribe-person = Cette personne :
subscribe-account = Ce compte :
subscribe-type = Ce type, de mes personnes :
subscribe-description = Exactement ceci, de mes personnes :
subscribe-recipients = Qui reçoit les e-mails
subscribe-do = S’abonner
subscribe-mine = Abonnements
subscribe-end = Mettre fin
done-subscribe = Abonnement fait : les e-mails arrivent quand cela se produit.

## The page of the global tab
tab-best-bets = Meilleures chances
tab-watch-list = Liste de suivi
tab-my-emails = Mes e-mails
feed-title = Fil des pistes
feed-nothing = Rien ne s’est passé ces derniers temps. Les moments intéressants de vos personnes et de celles que vous suivez apparaissent ici d’eux-mêmes.
feed-best = Une de vos meilleures chances
bets-all = Tout
bets-leads = Pistes
bets-contacts = Contacts
column-company = Compte
column-last-moment = Dernier moment intéressant
column-engagement = Engagement
desk-hide = Masquer
desk-watch = Suivre
desk-unwatch = Ne plus suivre
desk-undo = Annuler
done-hide = { $count ->
    [one] Masqué pendant { $count } jour.
   *[other] Masqué pendant { $count } jours.
}
done-unhide = Affiché à nouveau.
bets-more = Voici les { $count } meilleures. Restreignez la liste pour en voir d’autres.
empty-best-bets-title = Vous ne possédez personne dans Marketo
empty-best-bets-text = Les pistes et contacts dont vous êtes propriétaire apparaissent ici, les plus urgents d’abord, dès que Marketo les connaît.
empty-watch-list-title = Vous ne suivez personne
empty-watch-list-text = Appuyez sur Suivre à côté d’une de vos meilleures chances, ou choisissez Ajouter à ma liste de suivi sur une piste ou un contact.
empty-my-emails-title = Vous n’avez envoyé aucun e-mail
empty-my-emails-text = Les e-mails commerciaux que vous envoyez depuis Salesforce apparaissent ici, avec ouvertures et clics.
why-switched-off = Votre admin Salesforce a désactivé cette action.

## Campagnes de vente
act-sales = Ajouter à une campagne de vente
do-sales = Lancer
done-sales = La campagne de vente a été lancée pour cette personne.
field-sales-campaign = Campagne de vente
choose-campaign = Choisissez une campagne
field-start-on = Début (maintenant si vide ; { $zone })
sales-when = Ce qui se passe et quand
sales-waits = puis attend que la tâche soit faite
no-sales-campaigns = Il n’y a pas de campagne de vente que vous puissiez lancer. Créez-en une dans les réglages, sous Campagnes de vente.
why-no-steps = Cette campagne n’a pas encore d’étape.
why-enough = Vous avez autant de campagnes en cours que permis.
why-left-out = La campagne ne peut pas être lancée pour cette personne.
upcoming-campaigns = { $count ->
    [one] 1 campagne de vente en cours
   *[other] { $count } campagnes de vente en cours
}
going-place = étape { $number } sur { $of }
going-waits = attend une tâche
going-blocked = à vérifier

## Several people at the page of the global tab
bulk-chosen = Choisis :
bulk-all = Choisir tout le monde sur cette page
bulk-one = Choisir { $name }
bulk-email = Envoyer un e-mail
bulk-sales = Campagne de vente
bulk-campaign = Campagne Marketo
bulk-task = Tâche

## What became of it for several people
desk-for = 
    { $count ->
        [one] Pour une personne
       *[other] Pour { $count } personnes
    }
desk-skipped = 
    { $count ->
        [one] Une personne a été exclue.
       *[other] { $count } personnes ont été exclues.
    }
done-watch-many = 
    { $count ->
        [one] Une personne est sur votre liste de suivi.
       *[other] { $count } personnes sont sur votre liste de suivi.
    }
done-task-many = 
    { $count ->
        [one] La tâche est ajoutée pour une personne.
       *[other] La tâche est ajoutée pour { $count } personnes.
    }
done-campaign-many = 
    { $count ->
        [one] Une personne est en cours d’ajout à la campagne.
       *[other] { $count } personnes sont en cours d’ajout à la campagne.
    }
