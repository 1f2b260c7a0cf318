# What the panel and its pages say, in English: the source of the other languages.
# Every language has every message, with the same placeholders; a test holds that.

## Tabs
tabs-label = Marketo activity
tab-moments = Interesting Moments
tab-web = Web Activity
tab-email = E-mail
tab-score = Score
panel-title = Marketo Sales Insight
loading = Loading…
more = Show more
retry = Try again
panel-settings = Settings
settings-not-member = The settings are for members of the account. If you are one, sign in with Salesforce once; after that this opens them at once. Otherwise ask an admin of your account for an invitation.
settings-sign-in = Sign in
settings-failed = The settings can’t be opened right now. Try again in a moment.
launch-too-many-people = More than 800 people belong to this record. Choose up to 200 of them in a list view and add them to the campaign there.
reload = Reload through Salesforce
reloading = Salesforce is reloading this panel…
reload-failed = Salesforce did not reload the panel. Please reload the whole page.
list-count = { $count ->
    [one] { $count } entry shown
   *[other] { $count } entries shown
}

## Person
person-no-name = No name
person-last = Last activity
person-no-activity = No activity recorded yet
person-score = Score
person-no-score = No score yet
rank-top = top { $percent } %
rank-above = above { $percent } % of people
stars = { $count ->
    [one] { $count } of 3 stars: score compared with everyone else
   *[other] { $count } of 3 stars: score compared with everyone else
}
flames = { $count ->
    [one] { $count } of 3 flames: how much the score rose recently
   *[other] { $count } of 3 flames: how much the score rose recently
}

## What a person did
about = { $did }:
did-moment = Interesting moment
did-visit = Visited a page
did-form = Filled in a form
did-click = Clicked a link
did-sent = Was sent an e-mail
did-delivered = Received an e-mail
did-opened = Opened an e-mail
did-clicked = Clicked in an e-mail
did-bounced = An e-mail bounced
did-soft_bounced = An e-mail bounced for now
did-unsubscribed = Unsubscribed
did-score = Score changed
did-sales_sent = Was sent a sales e-mail
did-sales_opened = Opened a sales e-mail
did-sales_clicked = Clicked in a sales e-mail
did-sales_replied = Replied to a sales e-mail
did-sales_bounced = A sales e-mail bounced
did-other = Activity

## Lists
column-type = Type
column-description = Description
column-source = Source
column-date = Date
column-page = Page
column-referrer = Search or referrer
column-subject = Subject
column-status = Status
column-opened = Opened
column-clicked = Clicked
column-score-name = Score
column-old = Old
column-new = New
column-change = Change
column-reason = Reason
opens-new-tab = opens in a new tab
no-page = Unknown page
no-subject = No subject
moment-type-web = Web
moment-type-email = E-mail
moment-type-milestone = Milestone
moment-type-other = Moment
web-visit = Visit
web-form = Form
web-click = Link
searched-for = Searched for “{ $term }”
from-marketo = Sent by Marketo
from-sales = Sent by Sales
email-sent = Sent
email-delivered = Delivered
email-bounced = Bounced
email-soft_bounced = Soft bounce
email-unsubscribed = Unsubscribed
email-other = Unknown
times = { $count }×
opened-times = { $count ->
    [one] opened once
   *[other] opened { $count } times
}
clicked-times = { $count ->
    [one] clicked once
   *[other] clicked { $count } times
}
not-opened = not opened
not-clicked = not clicked

## Score chart
chart-rose = { $name } rose from { $from } to { $to } since { $date }
chart-fell = { $name } fell from { $from } to { $to } since { $date }
chart-same = { $name } is { $to }, as it was on { $date }
chart-table = Every change is in the table below.

## Empty lists: why, and what to do
empty-moments-title = No interesting moments yet
empty-moments-text = A moment appears here as soon as a Marketo campaign records one for this person, such as a demo request. Your marketing team decides what counts.
empty-web-title = No web activity seen
empty-web-text = Visits show once this person is known to your website, for instance after clicking a link in a Marketo e-mail or filling in a form.
empty-email-title = No e-mails yet
empty-email-text = E-mails that Marketo sends to this person appear here, with opens and clicks. Check that the e-mail address on the record is right.
empty-score-title = No score changes yet
empty-score-text = The score changes when this person does something that your marketing team gives points for.
history-loading-title = The history is on its way
history-loading = Earlier activity is still being fetched from Marketo. This list fills by itself.
history-since = Activity since { $date }
fresh-as-of = Last update:

## States: what happened and why, then what to do
state-unknown-org-title = This Salesforce org is not connected yet
state-unknown-org-text = The panel was opened from a Salesforce org that no Marketo Sales account knows.
state-unknown-org-todo = Ask your Salesforce admin to send the invitation on the Actions Config page and to finish the set-up.
state-suspended-title = Sales Insight is switched off for this org
state-suspended-text = The Marketo Sales account of this Salesforce org is suspended or the package was uninstalled. Nothing was deleted.
state-suspended-todo = Your Salesforce admin can see the reason under Connections & Customizations and switch it on again.
state-no-record-title = Open a record
state-no-record-text = This panel belongs to a record, but Salesforce did not say to which.
state-no-record-todo = Open a lead, contact, account or opportunity. Admins: place the panel on one of these record pages.
state-not-in-marketo-title = This person is not in Marketo
state-not-in-marketo-text = Marketo holds no person for this Salesforce record, so there is no activity to show.
state-not-in-marketo-todo = New records reach Marketo with its next sync. If this one stays away, ask your Marketo admin whether the sync leaves it out.
state-looking-title = Looking for this person in Marketo…
state-looking-text = The record is new to us. Marketo is being asked, which takes a few seconds.
state-looking-todo = You need not do anything: the panel looks again by itself.
state-session-expired-title = Your session has ended
state-session-expired-text = The panel was open for longer than a session lasts. Your Salesforce sign-in is not affected.
state-session-expired-todo = Reload the panel to go on.
state-upstream-title = The data could not be loaded
state-upstream-text = A system behind this panel is not answering right now. Nothing is lost.
state-upstream-todo = Try again in a moment. If it keeps failing, give your admin the request number below.
state-approval-title = Allow access once
state-approval-text = Salesforce asks for your approval before it shares records with this panel.
state-approval-todo = Approve access in the new tab, then come back and reload the panel.
state-approval-action = Approve in Salesforce
state-refused-title = This request could not be verified
state-refused-text = The panel opens only with a request that Salesforce has signed, and this one was not accepted.
state-refused-todo = Reload the Salesforce page. If it happens again, ask your admin to compare the consumer secret with the one in Salesforce.
state-not-found-title = There is nothing here
state-not-found-text = The address is wrong, or what it named is not yours to see.
state-not-found-todo = Go back to the record in Salesforce and open the panel from there.
state-failed-title = No answer
state-failed-text = The panel could not reach its server, or the answer took too long.
state-failed-todo = Check your connection and try again.
request-number = Request { $id }
details = Details

## Times
time-now = just now
time-minutes = { $n } min ago
time-hours = { $n } h ago
time-yesterday = yesterday
time-days = { $n } days ago
date-short = { $day } { $month }
date-long = { $day } { $month } { $year }
date-exact = { $weekday } { $day } { $month } { $year }, { $clock } { $zone }
month-1 = Jan
month-2 = Feb
month-3 = Mar
month-4 = Apr
month-5 = May
month-6 = Jun
month-7 = Jul
month-8 = Aug
month-9 = Sep
month-10 = Oct
month-11 = Nov
month-12 = Dec
weekday-1 = Mon
weekday-2 = Tue
weekday-3 = Wed
weekday-4 = Thu
weekday-5 = Fri
weekday-6 = Sat
weekday-7 = Sun

## Acting
act-menu = Actions
act-call = Log a call
act-task = Add a task
act-email = Send a sales e-mail
act-campaign = Add to a Marketo campaign
act-watch = Add to my watch list
act-unwatch = Remove from my watch list
act-cancel = Cancel
why-not-member = You are not a member of the Marketo Sales account. Ask an administrator to invite you, then sign in with Salesforce once.
why-no-email = Marketo knows no e-mail address of this person.
why-unsubscribed = This person has unsubscribed.
why-blocked = An administrator has blocked this domain.
why-no-channel = No mail server is configured yet.
why-unfilled = Some fields have no value for this person.
why-not-in-marketo = Marketo does not know this record.
why-other = This can’t be done.
field-outcome = Outcome
field-reason = Reason
field-status = Status
field-minutes = Duration in minutes
field-phone = Phone number
field-notes = Notes
field-task = Task
field-type = Type
field-due = Due on
field-priority = Priority
field-assignee = Assigned to
field-to = To
field-template = Template
field-cc = Copy to (Cc)
field-subject = Subject
field-text = Message
field-send-on = Send on (now, if empty; { $zone })
field-campaign = Campaign
no-template = No template
no-campaigns = Marketo has no campaign that can be requested.
preview-title = What the recipient will see
do-call = Log the call
do-task = Add the task
do-email = Send
do-campaign = Add
do-preview = Preview
done-call = The call is logged.
done-task = The task is added.
done-email = The e-mail is on its way.
done-campaign = The person is being added to the campaign.
done-watch = On your watch list.
done-unwatch = No longer on your watch list.
done-draft = The draft is saved.
call-completed = Completed
call-no-answer = No answer
call-cancelled = Cancelled
call-failed = Failed
task-email = E-mail
task-call = Call
task-in-mail = InMail
task-custom = Other
task-high = High
task-normal = Normal
task-low = Low
tab-calls = Calls
tab-tasks = Tasks
empty-calls-title = No calls yet
empty-calls-text = Calls that you log appear here, in Marketo and in Salesforce.
empty-tasks-title = No tasks yet
empty-tasks-text = Tasks that you add appear here and in Salesforce.
column-notes = Notes
column-made-by = Made by
column-duration = Duration
column-task = Task
column-due = Due
column-priority = Priority
column-assignee = Assigned to

## Insights Dashboard
tab-insights = Insights
insights-grid = Engagement in the last 13 weeks: how much happened in each
insights-week = Week of
insights-filter = Show only
insights-all = All
insights-quiet = Nothing of this kind in this week. Choose another week above.
insights-more = This week had more than fits here. The other tabs have everything.
empty-insights-title = Nothing in the last 13 weeks
empty-insights-text = Interesting moments, e-mails and visits of this person will be drawn here, week by week.
kind-moments = Interesting moments
kind-email = E-mail
kind-web = Web
kind-sales = Sales
insights-told = Week of { $date }: { $count ->
    [one] { $count } entry shown
   *[other] { $count } entries shown
}

## Accounts and opportunities: several people together
person-only = Show only this person
column-person = Person
group-account = Account
group-opportunity = Opportunity
group-people = { $count ->
    [one] { $count } person in Marketo
   *[other] { $count } people in Marketo
}
group-more = more than { $count } people; the lists show the { $count } most urgent
group-pick = Show the activity of
group-everybody = Everybody
group-record = Open record
show-account = Show account activity
show-account-too-many = Not possible: the account has more than 800 people.
too-many-title = More than { $count } people
too-many-text = The dashboard adds up the activity of all people, and here they are too many to say anything.
too-many-todo = Choose one person above, or open a contact. The other tabs show the most urgent people.
upcoming-tasks = { $count ->
    [one] { $count } upcoming task
   *[other] { $count } upcoming tasks
}
task-overdue = overdue since { $day }
state-nobody-of-account-title = Nobody of this account is in Marketo
state-nobody-of-account-text = Marketo holds no contact of this Salesforce account that somebody owns, so there is no activity to show.
state-nobody-of-account-todo = Add contacts to the account, or ask your Marketo admin whether the sync leaves them out.
state-nobody-of-opportunity-title = Nobody of this opportunity is in Marketo
state-nobody-of-opportunity-text = The people of an opportunity are its contact roles. There are none yet, or Marketo knows none of them.
state-nobody-of-opportunity-todo = Add contact roles to the opportunity in Salesforce, then try again.
state-roles-unknown-title = The contact roles can’t be read
state-roles-unknown-text = Who plays a part in an opportunity only Salesforce knows, and it can’t be asked at the moment.
state-roles-unknown-todo = Ask your admin to check the Salesforce connection under Connections & Customizations.

## A mail, opened
mail-close = Close
mail-from = From
mail-cc = Cc
mail-events = What happened
mail-bot = not by a person
mail-content = The mail itself
mail-open = Show the mail
mail-gone = This mail can no longer be shown: Marketo has no such e-mail any more.
mail-not-permitted = The mail itself can’t be shown: the API user in Marketo may not read assets. Ask your Marketo admin for the permission “Read-Only Assets”.
mail-unavailable = The mail itself can’t be shown: Marketo is not answering right now. What happened with it is complete.
email-replied = Replied
mail-replied = { $count ->
    [one] Replied
   *[other] Replied { $count }×
}

## Subscribing to interesting moments
subscribe = Subscribe
subscribe-title = Tell me of interesting moments by mail
subscribe-basis = Of
subscribe-person = This person:
subscribe-account = This account:
subscribe-type = This type, of my people:
subscribe-description = Exactly this, of my people:
subscribe-recipients = Who gets the mails
subscribe-do = Subscribe
subscribe-mine = Subscriptions
subscribe-end = End
done-subscribe = Subscribed: mails come when it happens.

## The page of the global tab
tab-best-bets = Best Bets
tab-watch-list = Watch List
tab-my-emails = My E-mail
feed-title = Lead Feed
feed-nothing = Nothing has happened lately. Interesting moments of your own people, and of those whom you watch, appear here by themselves.
feed-best = One of your best bets
bets-all = All
bets-leads = Leads
bets-contacts = Contacts
column-company = Account
column-last-moment = Last interesting moment
column-engagement = Engagement
desk-hide = Hide
desk-watch = Watch
desk-unwatch = Stop watching
desk-undo = Undo
done-hide = { $count ->
    [one] Hidden for { $count } day.
   *[other] Hidden for { $count } days.
}
done-unhide = Shown again.
bets-more = These are the best { $count }. Narrow the list to see others.
empty-best-bets-title = You own nobody in Marketo
empty-best-bets-text = Leads and contacts that you own appear here, the most urgent first, as soon as Marketo knows them.
empty-watch-list-title = You watch nobody
empty-watch-list-text = Press Watch beside one of your best bets, or choose Add to my watch list at a lead or contact.
empty-my-emails-title = You have sent no e-mails
empty-my-emails-text = Sales e-mails that you send from Salesforce appear here, with opens and clicks.
why-switched-off = Your Salesforce admin has switched this off.

## Sales campaigns
act-sales = Add to a sales campaign
do-sales = Start
done-sales = The sales campaign was started for this person.
field-sales-campaign = Sales campaign
choose-campaign = Choose a campaign
field-start-on = Start on (now, if empty; { $zone })
sales-when = What happens when
sales-waits = then waits until the task is done
no-sales-campaigns = There is no sales campaign that you can start. Make one in the settings, under Sales Campaigns.
why-no-steps = This campaign has no steps yet.
why-enough = You have as many campaigns going as is allowed.
why-left-out = The campaign can’t be started for this person.
upcoming-campaigns = { $count ->
    [one] 1 sales campaign under way
   *[other] { $count } sales campaigns under way
}
going-place = step { $number } of { $of }
going-waits = waits for a task
going-blocked = needs attention

## Several people at the page of the global tab
bulk-chosen = Chosen:
bulk-all = Choose everybody on this page
bulk-one = Choose { $name }
bulk-email = Send e-mail
bulk-sales = Sales campaign
bulk-campaign = Marketo campaign
bulk-task = Task

## What became of it for several people
desk-for = 
    { $count ->
        [one] For one person
       *[other] For { $count } people
    }
desk-skipped = 
    { $count ->
        [one] One person was left out.
       *[other] { $count } people were left out.
    }
done-watch-many = 
    { $count ->
        [one] One person is on your watch list.
       *[other] { $count } people are on your watch list.
    }
done-task-many = 
    { $count ->
        [one] The task is added for one person.
       *[other] The task is added for { $count } people.
    }
done-campaign-many = 
    { $count ->
        [one] One person is being added to the campaign.
       *[other] { $count } people are being added to the campaign.
    }
