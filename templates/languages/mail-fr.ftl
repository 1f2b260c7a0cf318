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
