# Ce que disent les e-mails du compte, en français. Le fichier anglais est le modèle.

greeting = Bonjour,
first-subject = Configurer Marketo Sales pour { $account }
first-body = { $inviter } vous a choisi comme premier utilisateur du compte Marketo Sales { $account }.
first-steps = Ouvrez le lien pour entrer dans le compte. Vous y connecterez Salesforce et Marketo Engage, lancerez la synchronisation et inviterez vos collègues.
invitation-subject = { $inviter } vous invite à rejoindre { $account }
invitation-body = { $inviter } vous invite à rejoindre le compte Marketo Sales { $account }.
invitation-steps = Ouvrez le lien pour accepter l’invitation et découvrir votre compte.
invitation-button = Commencer
sign-in-subject = Votre lien de connexion à { $account }
sign-in-body = Vous avez demandé un lien pour vous connecter au compte Marketo Sales { $account }.
sign-in-steps = Ouvrez-le sur l’appareil sur lequel vous souhaitez travailler.
sign-in-button = Se connecter
copy = Si le bouton ne fonctionne pas, copiez cette adresse dans votre navigateur :
until = Le lien fonctionne une seule fois et jusqu’au { $until }.
ignore = Si vous n’attendiez pas cet e-mail, vous n’avez rien à faire.
alert-subject = Moment intéressant : { $person }
alert-when = Moment intéressant du { $at }
alert-open = Ouvrir la fiche dans Salesforce
alert-why-person = Vous recevez cet e-mail parce que vous êtes averti des moments intéressants de { $label }.
alert-why-account = Vous recevez cet e-mail parce que vous êtes averti des moments intéressants du compte { $label }.
alert-why-type = Vous recevez cet e-mail parce que vous êtes averti des moments intéressants du type « { $label } » des personnes dont vous êtes propriétaire.
alert-why-description = Vous recevez cet e-mail parce que vous êtes averti du moment intéressant « { $label } » des personnes dont vous êtes propriétaire.
alert-leave = Ne plus recevoir ces e-mails

## What became of the rows of a file
row-cells = La ligne a { $found } cellules, l'en-tête { $wanted }.
row-no-address = Il n'y a pas d'adresse.
row-address-long = L'adresse dépasse 254 caractères.
row-address-letters = L'adresse contient une espace ou un caractère hors ASCII ; écrivez un domaine international sous la forme xn--…
row-address-at = L'adresse n'a pas de @.
row-address-before = Ce qui précède le @ n'est pas utilisable.
row-address-dots = Avant le @, un point est mal placé.
row-address-domain = Ce qui suit le @ n'est pas un domaine.
row-address = Ce n'est pas une adresse e-mail.
row-first-name = Le prénom n'est pas un nom.
row-last-name = Le nom de famille n'est pas un nom.
row-role = Le rôle doit être administrateur ou utilisateur.
row-team = L'une des équipes n'existe pas.
row-invited = L'invitation est en route.
row-already-member = La personne est déjà membre.
row-already-invited = La personne est déjà invitée ; l'invitation peut être renvoyée.
row-elsewhere = L'adresse appartient à un autre compte. Chaque adresse ne peut être que dans un seul compte.
row-over-seat-limit = Le compte n'a plus de place libre.
row-duplicate = L'adresse figure déjà dans une ligne précédente du fichier.
