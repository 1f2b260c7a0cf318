# What the account's own mails say, in English. The other languages follow this file.

greeting = Hello,
first-subject = Set up Marketo Sales for { $account }
first-body = { $inviter } has chosen you as the first user of the Marketo Sales account { $account }.
first-steps = Open the link to enter the account. There you connect Salesforce and Marketo Engage, start the sync and invite your colleagues.
invitation-subject = { $inviter } invites you to { $account }
invitation-body = { $inviter } invites you to the Marketo Sales account { $account }.
invitation-steps = Open the link to accept the invitation and get to know your account.
invitation-button = Get started
sign-in-subject = Your link to sign in to { $account }
sign-in-body = You asked for a link to sign in to the Marketo Sales account { $account }.
sign-in-steps = Open it on the device on which you want to work.
sign-in-button = Sign in
copy = If the button does not work, copy this address into your browser:
until = The link works once and until { $until }.
ignore = If you did not expect this mail, you need not do anything.
alert-subject = Interesting moment: { $person }
alert-when = Interesting moment of { $at }
alert-open = Open the record in Salesforce
alert-why-person = You get this mail because you are told of interesting moments of { $label }.
alert-why-account = You get this mail because you are told of interesting moments of the account { $label }.
alert-why-type = You get this mail because you are told of interesting moments of the type “{ $label }” of people whom you own.
alert-why-description = You get this mail because you are told of the interesting moment “{ $label }” of people whom you own.
alert-leave = Stop these mails

## What became of the rows of a file
row-cells = The row has { $found } cells, the header { $wanted }.
row-no-address = There is no address.
row-address-long = The address is longer than 254 characters.
row-address-letters = The address has a space or a character outside of ASCII; write an international domain as xn--…
row-address-at = The address has no @.
row-address-before = What stands before the @ cannot be used.
row-address-dots = What stands before the @ has a dot in the wrong place.
row-address-domain = What stands after the @ is not a domain.
row-address = It is not an e-mail address.
row-first-name = The first name is no name.
row-last-name = The last name is no name.
row-role = The role must be admin or user.
row-team = One of the teams does not exist.
row-invited = The invitation is on its way.
row-already-member = They are a member already.
row-already-invited = They are invited already; the invitation can be sent again.
row-elsewhere = The address belongs to another account. Each address can be in one account only.
row-over-seat-limit = The account has no free seat.
row-duplicate = The address stands in an earlier row of the file.
