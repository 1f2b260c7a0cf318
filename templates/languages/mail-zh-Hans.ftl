# 账户邮件的简体中文内容，以英文文件为准。

greeting = 您好：
first-subject = 为 { $account } 设置 Marketo Sales
first-body = { $inviter } 已选择您作为 Marketo Sales 账户“{ $account }”的第一位用户。
first-steps = 请打开链接进入账户。您可以在那里连接 Salesforce 和 Marketo Engage、启动同步并邀请您的同事。
invitation-subject = { $inviter } 邀请您加入 { $account }
invitation-body = { $inviter } 邀请您加入 Marketo Sales 账户“{ $account }”。
invitation-steps = 请打开链接接受邀请，并开始了解您的账户。
invitation-button = 开始使用
sign-in-subject = 您登录 { $account } 的链接
sign-in-body = 您请求了登录 Marketo Sales 账户“{ $account }”的链接。
sign-in-steps = 请在您要使用的设备上打开它。
sign-in-button = 登录
copy = 如果按钮无法使用，请将此地址复制到浏览器中：
until = 该链接只能使用一次，有效期至 { $until }。
ignore = 如果您并未预期收到此邮件，则无需进行任何操作。
alert-subject = 关注时刻：{ $person }
alert-when = { $at } 的关注时刻
alert-open = 在 Salesforce 中打开记录
alert-why-person = 您收到此邮件是因为您订阅了 { $label } 的关注时刻。
alert-why-account = 您收到此邮件是因为您订阅了客户 { $label } 的关注时刻。
alert-why-type = 您收到此邮件是因为您订阅了您所拥有人员的“{ $label }”类型的关注时刻。
alert-why-description = 您收到此邮件是因为您订阅了您所拥有人员的关注时刻“{ $label }”。
alert-leave = 停止接收此类邮件

## What became of the rows of a file
row-cells = 该行有 { $found } 个单元格，标题行有 { $wanted } 个。
row-no-address = 没有邮箱地址。
row-address-long = 邮箱地址超过 254 个字符。
row-address-letters = 邮箱地址含有空格或非 ASCII 字符；国际域名请写成 xn--…
row-address-at = 邮箱地址缺少 @。
row-address-before = @ 之前的部分无法使用。
row-address-dots = @ 之前有位置错误的点。
row-address-domain = @ 之后的部分不是域名。
row-address = 这不是邮箱地址。
row-first-name = 名字无效。
row-last-name = 姓氏无效。
row-role = 角色必须是管理员或用户。
row-team = 其中一个团队不存在。
row-invited = 邀请已发出。
row-already-member = 此人已是成员。
row-already-invited = 此人已被邀请；可以重新发送邀请。
row-elsewhere = 该地址属于另一个账户。每个地址只能属于一个账户。
row-over-seat-limit = 账户没有空余席位。
row-duplicate = 该地址已出现在文件的前面一行中。
