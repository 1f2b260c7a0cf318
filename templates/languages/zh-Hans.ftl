# 面板及其页面的简体中文文本，以英文文件为准。

## 选项卡
tabs-label = Marketo 活动
tab-moments = 有趣时刻
tab-web = Web 活动
tab-email = 电子邮件
tab-score = 评分
panel-title = Marketo Sales Insight
loading = 正在加载…
more = 显示更多
retry = 重试
panel-settings = 设置
settings-not-member = 设置仅供帐户成员使用。如果您是成员，请先用 Salesforce 登录一次，之后即可从此处直接打开。否则，请向您帐户的管理员申请邀请。
settings-sign-in = 登录
settings-failed = 暂时无法打开设置。请稍后重试。
launch-too-many-people = 此记录的人数超过 800。请在列表视图中选择其中最多 200 人，并在那里将其加入活动。
reload = 通过 Salesforce 重新加载
reloading = Salesforce 正在重新加载此面板…
reload-failed = Salesforce 未能重新加载此面板，请重新加载整个页面。
list-count = { $count ->
   *[other] 已显示 { $count } 条
}

## 人员
person-no-name = 无姓名
person-last = 最近活动
person-no-activity = 尚无活动记录
person-score = 评分
person-no-score = 尚无评分
rank-top = 前 { $percent }%
rank-above = 高于 { $percent }% 的人员
stars = { $count ->
   *[other] { $count }/3 颗星：评分与所有其他人相比
}
flames = { $count ->
   *[other] { $count }/3 个火焰：近期评分上升幅度
}

## 此人的行为
about = { $did }：
did-moment = 有趣时刻
did-visit = 访问了页面
did-form = 填写了表单
did-click = 点击了链接
did-sent = 已向其发送电子邮件
did-delivered = 收到了电子邮件
did-opened = 打开了电子邮件
did-clicked = 点击了电子邮件中的链接
did-bounced = 电子邮件被退回
did-soft_bounced = 电子邮件暂时被退回
did-unsubscribed = 取消了订阅
did-score = 评分发生变化
did-sales_sent = 已向其发送销售邮件
did-sales_opened = 打开了销售邮件
did-sales_clicked = 点击了销售邮件中的链接
did-sales_replied = 回复了销售邮件
did-sales_bounced = 销售邮件被退回
did-other = 活动

## 列表
column-type = 类型
column-description = 描述
column-source = 来源
column-date = 日期
column-page = 页面
column-referrer = 搜索词或来源网站
column-subject = 主题
column-status = 状态
column-opened = 打开
column-clicked = 点击
column-score-name = 评分
column-old = 原值
column-new = 新值
column-change = 变化
column-reason = 原因
opens-new-tab = 在新标签页中打开
no-page = 未知页面
no-subject = 无主题
moment-type-web = Web
moment-type-email = 电子邮件
moment-type-milestone = 里程碑
moment-type-other = 时刻
web-visit = 访问
web-form = 表单
web-click = 链接
searched-for = 搜索了“{ $term }”
from-marketo = 由 Marketo 发送
from-sales = 由销售人员发送
email-sent = 已发送
email-delivered = 已送达
email-bounced = 被退回
email-soft_bounced = 软退回
email-unsubscribed = 已取消订阅
email-other = 未知
times = { $count } 次
opened-times = { $count ->
   *[other] 打开 { $count } 次
}
clicked-times = { $count ->
   *[other] 点击 { $count } 次
}
not-opened = 未打开
not-clicked = 未点击

## 评分图表
chart-rose = 自 { $date } 以来，{ $name } 从 { $from } 升至 { $to }
chart-fell = 自 { $date } 以来，{ $name } 从 { $from } 降至 { $to }
chart-same = { $name } 为 { $to }，与 { $date } 相同
chart-table = 每次变化都列在下面的表格中。

## 空列表：原因与处理方法
empty-moments-title = 尚无有趣时刻
empty-moments-text = 当 Marketo 营销活动为此人记录一个时刻（例如请求演示）后，它会显示在这里。哪些行为算作时刻由市场团队决定。
empty-web-title = 未发现 Web 活动
empty-web-text = 当您的网站识别出此人后，访问记录就会显示，例如此人点击了 Marketo 邮件中的链接或填写了表单。
empty-email-title = 尚无电子邮件
empty-email-text = Marketo 发送给此人的电子邮件会显示在这里，并附打开和点击情况。请检查记录中的电子邮件地址是否正确。
empty-score-title = 评分尚无变化
empty-score-text = 当此人做出市场团队设定了分值的行为时，评分会发生变化。
history-loading-title = 历史记录正在获取中
history-loading = 正在从 Marketo 获取更早的活动，此列表会自动补全。
history-since = 自 { $date } 以来的活动
fresh-as-of = 更新于：

## 状态：发生了什么、为什么，以及该怎么做
state-unknown-org-title = 此 Salesforce 组织尚未连接
state-unknown-org-text = 打开面板的 Salesforce 组织不属于任何已知的 Marketo Sales 帐户。
state-unknown-org-todo = 请让 Salesforce 管理员在“Actions Config”页面发送邀请并完成设置。
state-suspended-title = 此组织的 Sales Insight 已停用
state-suspended-text = 此 Salesforce 组织的 Marketo Sales 帐户已被暂停，或者软件包已被卸载。没有删除任何内容。
state-suspended-todo = Salesforce 管理员可以在“Connections & Customizations”中查看原因并重新启用。
state-no-record-title = 请打开一条记录
state-no-record-text = 此面板属于某条记录，但 Salesforce 没有说明是哪一条。
state-no-record-todo = 请打开潜在客户、联系人、客户或业务机会。管理员：请将面板放到这些记录页面之一。
state-not-in-marketo-title = 此人不在 Marketo 中
state-not-in-marketo-text = Marketo 中没有与此 Salesforce 记录对应的人员，因此没有可显示的活动。
state-not-in-marketo-todo = 新记录会在下次同步时进入 Marketo。如果一直没有出现，请向 Marketo 管理员确认同步是否将其排除。
state-looking-title = 正在 Marketo 中查找此人…
state-looking-text = 这是一条新记录。正在查询 Marketo，需要几秒钟。
state-looking-todo = 您无需任何操作：面板会自动再次查找。
state-session-expired-title = 您的会话已结束
state-session-expired-text = 面板打开的时间超过了会话时长。您的 Salesforce 登录不受影响。
state-session-expired-todo = 请重新加载面板以继续。
state-upstream-title = 无法加载数据
state-upstream-text = 此面板所依赖的某个系统目前没有响应。没有任何数据丢失。
state-upstream-todo = 请稍后重试。如果仍然失败，请将下面的请求编号告知管理员。
state-approval-title = 请授权一次
state-approval-text = 在与此面板共享记录之前，Salesforce 需要您的同意。
state-approval-todo = 请在新标签页中授权，然后返回并重新加载面板。
state-approval-action = 在 Salesforce 中授权
state-refused-title = 无法验证此请求
state-refused-text = 只有经 Salesforce 签名的请求才能打开此面板，而此请求未被接受。
state-refused-todo = 请重新加载 Salesforce 页面。如果再次出现，请让管理员核对消费者密钥与 Salesforce 中的是否一致。
state-not-found-title = 这里没有内容
state-not-found-text = 地址有误，或者您无权查看其内容。
state-not-found-todo = 请返回 Salesforce 中的记录，并从那里打开面板。
state-failed-title = 没有响应
state-failed-text = 面板无法连接其服务器，或者响应时间过长。
state-failed-todo = 请检查网络连接后重试。
request-number = 请求 { $id }
details = 详细信息

## 时间
time-now = 刚刚
time-minutes = { $n } 分钟前
time-hours = { $n } 小时前
time-yesterday = 昨天
time-days = { $n } 天前
date-short = { $month }{ $day }日
date-long = { $year }年{ $month }{ $day }日
date-exact = { $year }年{ $month }{ $day }日 { $weekday } { $clock } { $zone }
month-1 = 1月
month-2 = 2月
month-3 = 3月
month-4 = 4月
month-5 = 5月
month-6 = 6月
month-7 = 7月
month-8 = 8月
month-9 = 9月
month-10 = 10月
month-11 = 11月
month-12 = 12月
weekday-1 = 周一
weekday-2 = 周二
weekday-3 = 周三
weekday-4 = 周四
weekday-5 = 周五
weekday-6 = 周六
weekday-7 = 周日

## Acting
act-menu = 操作
act-call = 记录通话
act-task = 添加任务
act-email = 发送销售邮件
act-campaign = 加入 Marketo 营销活动
act-watch = 加入我的关注列表
act-unwatch = 移出我的关注列表
act-cancel = 取消
why-not-member = 您还不是 Marketo Sales 账户的成员。请让管理员邀请您，然后用 Salesforce 登录一次。
why-no-email = Marketo 没有此人的电子邮件地址。
why-unsubscribed = 此人已退订。
why-blocked = 管理员已屏蔽此域名。
why-no-channel = 尚未配置邮件服务器。
why-unfilled = 有些字段没有此人的值。
why-not-in-marketo = Marketo 不认识此记录。
why-other = 无法执行此操作。
field-outcome = 结果
field-reason = 原因
field-status = 状态
field-minutes = 时长（分钟）
field-phone = 电话号码
field-notes = 备注
field-task = 任务
field-type = 类型
field-due = 截止日期
field-priority = 优先级
field-assignee = 负责人
field-to = 收件人
field-template = 模板
field-cc = 抄送
field-subject = 主题
field-text = 正文
field-send-on = 发送时间（留空即现在；{ $zone }）
field-campaign = 营销活动
no-template = 不用模板
no-campaigns = Marketo 没有可请求的营销活动。
preview-title = 收件人将看到的内容
do-call = 记录通话
do-task = 添加任务
do-email = 发送
do-campaign = 加入
do-preview = 预览
done-call = 通话已记录。
done-task = 任务已添加。
done-email = 邮件已发出。
done-campaign = 正在将此人加入营销活动。
done-watch = 已在您的关注列表中。
done-unwatch = 已不在您的关注列表中。
done-draft = 草稿已保存。
call-completed = 已完成
call-no-answer = 无人接听
call-cancelled = 已取消
call-failed = 失败
task-email = 电子邮件
task-call = 通话
task-in-mail = InMail
task-custom = 其他
task-high = 高
task-normal = 普通
task-low = 低
tab-calls = 通话
tab-tasks = 任务
empty-calls-title = 还没有通话
empty-calls-text = 您记录的通话会出现在这里、Marketo 和 Salesforce 中。
empty-tasks-title = 还没有任务
empty-tasks-text = 您添加的任务会出现在这里和 Salesforce 中。
column-notes = 备注
column-made-by = 拨打人
column-duration = 时长
column-task = 任务
column-due = 截止
column-priority = 优先级
column-assignee = 负责人

## Insights Dashboard
tab-insights = 洞察
insights-grid = 最近 13 周的互动：每周的活动数量
insights-week = 周起始
insights-filter = 仅显示
insights-all = 全部
insights-quiet = 本周没有此类活动。请在上方选择其他周。
insights-more = 本周活动较多，此处无法全部显示。其他标签页有完整列表。
empty-insights-title = 最近 13 周没有活动
empty-insights-text = 此人的有趣时刻、邮件和访问将按周显示在这里。
kind-moments = 有趣时刻
kind-email = 邮件
kind-web = 网页
kind-sales = 销售
insights-told = { $date } 起的一周：共 { $count } 条

## Accounts and opportunities: several people together
person-only = 只显示此人
column-person = 人员
group-account = 客户
group-opportunity = 业务机会
group-people = { $count ->
   *[other] Marketo 中有 { $count } 人
}
group-more = 超过 { $count } 人；列表显示最紧急的 { $count } 人
group-pick = 显示以下人员的活动
group-everybody = 所有人
group-record = 打开记录
show-account = 显示客户的活动
show-account-too-many = 无法显示：该客户超过 800 人。
too-many-title = 超过 { $count } 人
too-many-text = 仪表板汇总所有人的活动，而这里人数太多，汇总没有意义。
too-many-todo = 请在上方选择一个人，或打开某个联系人。其他选项卡显示最紧急的人员。
upcoming-tasks = { $count ->
   *[other] { $count } 个即将到期的任务
}
task-overdue = 自 { $day } 起逾期
state-nobody-of-account-title = Marketo 中没有此客户的人员
state-nobody-of-account-text = Marketo 中没有此 Salesforce 客户下有所有人的联系人，因此没有活动可显示。
state-nobody-of-account-todo = 请为客户添加联系人，或询问您的 Marketo 管理员同步是否排除了他们。
state-nobody-of-opportunity-title = Marketo 中没有此业务机会的人员
state-nobody-of-opportunity-text = 业务机会的人员就是其联系人角色。目前还没有角色，或 Marketo 不认识其中任何人。
state-nobody-of-opportunity-todo = 请在 Salesforce 中为业务机会添加联系人角色，然后重试。
state-roles-unknown-title = 无法读取联系人角色
state-roles-unknown-text = 只有 Salesforce 知道谁参与某个业务机会，而现在无法向其查询。
state-roles-unknown-todo = 请您的管理员在“连接和自定义”下检查 Salesforce 连接。

## A mail, opened
mail-close = 关闭
mail-from = 发件人
mail-cc = 抄送
mail-events = 经过
mail-bot = 非本人操作
mail-content = 邮件内容
mail-open = 显示邮件
mail-gone = 此邮件已无法显示：Marketo 中已没有这封邮件。
mail-not-permitted = 无法显示邮件内容：Marketo 中的 API 用户无权读取资产。请向您的 Marketo 管理员申请“Read-Only Assets”权限。
mail-unavailable = 无法显示邮件内容：Marketo 目前没有响应。邮件的经过是完整的。
email-replied = 已回复
mail-replied = { $count ->
   *[other] 已回复 { $count } 次
}

## Subscribing to interesting moments
subscribe = 订阅
subscribe-title = 通过邮件接收关注时刻
subscribe-basis = 范围
subscribe-person = 此人：
subscribe-account = 此客户：
subscribe-type = 我的人员的此类型：
subscribe-description = 我的人员的这一时刻：
subscribe-recipients = 邮件接收者
subscribe-do = 订阅
subscribe-mine = 已有订阅
subscribe-end = 取消
done-subscribe = 已订阅：发生时会收到邮件。

## The page of the global tab
tab-best-bets = 最佳机会
tab-watch-list = 关注列表
tab-my-emails = 我的邮件
feed-title = 线索动态
feed-nothing = 最近没有动静。您自己的人员和您关注的人员的关注时刻会自动显示在这里。
feed-best = 您的最佳机会之一
bets-all = 全部
bets-leads = 潜在客户
bets-contacts = 联系人
column-company = 客户
column-last-moment = 最近的关注时刻
column-engagement = 互动程度
desk-hide = 隐藏
desk-watch = 关注
desk-unwatch = 取消关注
desk-undo = 撤销
done-hide = { $count ->
   *[other] 已隐藏 { $count } 天。
}
done-unhide = 已重新显示。
bets-more = 这是最佳的 { $count } 人。缩小列表范围可查看其他人。
empty-best-bets-title = 您在 Marketo 中没有人员
empty-best-bets-text = 您拥有的潜在客户和联系人一旦被 Marketo 识别，就会显示在这里，最紧急的排在最前。
empty-watch-list-title = 您没有关注任何人
empty-watch-list-text = 点击最佳机会旁的“关注”，或在潜在客户或联系人处选择添加到我的关注列表。
empty-my-emails-title = 您还没有发送邮件
empty-my-emails-text = 您从 Salesforce 发送的销售邮件会显示在这里，并附打开和点击情况。
why-switched-off = 您的 Salesforce 管理员已关闭此操作。

## 销售活动
act-sales = 添加到销售活动
do-sales = 启动
done-sales = 已为此人启动销售活动。
field-sales-campaign = 销售活动
choose-campaign = 选择活动
field-start-on = 开始时间（留空为立即；{ $zone }）
sales-when = 何时进行什么
sales-waits = 然后等待任务完成
no-sales-campaigns = 没有您可以启动的销售活动。请在设置的“销售活动”中创建。
why-no-steps = 此活动还没有步骤。
why-enough = 您正在进行的活动已达上限。
why-left-out = 无法为此人启动该活动。
upcoming-campaigns = { $count } 个进行中的销售活动
going-place = 第 { $number } 步，共 { $of } 步
going-waits = 等待任务
going-blocked = 需要处理

## Several people at the page of the global tab
bulk-chosen = 已选：
bulk-all = 选择本页所有人
bulk-one = 选择 { $name }
bulk-email = 发送邮件
bulk-sales = 销售活动
bulk-campaign = Marketo 营销活动
bulk-task = 任务

## What became of it for several people
desk-for = 
    { $count ->
       *[other] 面向 { $count } 人
    }
desk-skipped = 
    { $count ->
       *[other] 已排除 { $count } 人。
    }
done-watch-many = 
    { $count ->
       *[other] { $count } 人已在您的关注列表中。
    }
done-task-many = 
    { $count ->
       *[other] 已为 { $count } 人添加任务。
    }
done-campaign-many = 
    { $count ->
       *[other] 正在将 { $count } 人加入活动。
    }
