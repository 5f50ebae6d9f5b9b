type Text = readonly [text: string, advice?: string];

/** What the doctor reports, with what to do about it, by check. */
const texts = {
  'settings.complete': {
    en: ['settings of {service} are complete and safe for {mode} mode'],
    'zh-CN': ['{service} 的设置完整，符合 {mode} 模式要求'],
  },
  'settings.wrong': {
    en: ['{variable}{problem}', 'Set it right where the process gets its environment: docs/operations.md, Settings.'],
    'zh-CN': ['设置 {variable} 有误（{problem}）', '请在进程的环境中更正，见 docs/operations.md 的 Settings 一节。'],
  },
  'settings.unknown': {
    en: ['{variable} is not a setting of {service}', 'Check its spelling; it has no effect.'],
    'zh-CN': ['{variable} 不是 {service} 的设置项', '请检查拼写，该变量不起作用。'],
  },
  'certificate.fits': {
    en: ['certificate of {service} is issued by the CA and fits its key; it expires at {until}'],
    'zh-CN': ['{service} 的证书由 CA 签发并与私钥匹配，有效期至 {until}'],
  },
  'certificate.wrong': {
    en: [
      'certificate: {problem}',
      'Issue it again, by the CA in HOLDFAST_TLS_CA_FILE and for the name spiffe://holdfast/{service}.',
    ],
    'zh-CN': ['证书有误：{problem}', '请由 HOLDFAST_TLS_CA_FILE 中的 CA 以名称 spiffe://holdfast/{service} 重新签发。'],
  },
  'certificate.expiresSoon': {
    en: [
      'certificate in {file} expires at {until}',
      'Look why it was not replaced: docs/operations.md, CertificateExpires.',
    ],
    'zh-CN': [
      '{file} 中的证书将于 {until} 过期',
      '请查明未自动更换的原因，见 docs/operations.md 的 CertificateExpires。',
    ],
  },
  'certificate.notYet': {
    en: [
      'certificate in {file} is valid from {from} on only',
      'Set the clock of this machine, or of the one that issued it.',
    ],
    'zh-CN': ['{file} 中的证书自 {from} 起才生效', '请校准本机或签发机器的时钟。'],
  },
  'certificate.none': {
    en: ['no certificate: connections between services are plain text', 'Production mode refuses it.'],
    'zh-CN': ['未配置证书：服务之间为明文连接', '生产模式会拒绝启动。'],
  },
  'database.reached': {
    en: ['PostgreSQL {version} at {address} lets {role} in ({transport})'],
    'zh-CN': ['PostgreSQL {version}（{address}）接受角色 {role} 登录（{transport}）'],
  },
  'database.unreachable': {
    en: [
      'PostgreSQL at {address} does not answer ({problem})',
      'Check HOLDFAST_DATABASE_URL, the network between the two, and that the server runs.',
    ],
    'zh-CN': [
      'PostgreSQL（{address}）无响应（{problem}）',
      '请检查 HOLDFAST_DATABASE_URL、两者之间的网络以及服务器是否运行。',
    ],
  },
  'database.refused': {
    en: [
      'PostgreSQL at {address} refuses the role {role} ({problem})',
      'Give the role the password in HOLDFAST_DATABASE_PASSWORD_FILE: prepare.mjs database does.',
    ],
    'zh-CN': [
      'PostgreSQL（{address}）拒绝角色 {role} 登录（{problem}）',
      '请将角色口令设为 HOLDFAST_DATABASE_PASSWORD_FILE 中的值，可运行 prepare.mjs database。',
    ],
  },
  'database.tls': {
    en: [
      'PostgreSQL at {address} offers no TLS that the CA vouches for ({problem})',
      'Its certificate has to be issued by the CA in HOLDFAST_DATABASE_CA_FILE and to name the host of HOLDFAST_DATABASE_URL.',
    ],
    'zh-CN': [
      'PostgreSQL（{address}）的 TLS 未通过校验（{problem}）',
      '其证书须由 HOLDFAST_DATABASE_CA_FILE 中的 CA 签发，且包含 HOLDFAST_DATABASE_URL 的主机名。',
    ],
  },
  'database.plain': {
    en: ['the connection to PostgreSQL is plain text', 'Set HOLDFAST_DATABASE_CA_FILE; production mode requires it.'],
    'zh-CN': ['与 PostgreSQL 的连接为明文', '请设置 HOLDFAST_DATABASE_CA_FILE，生产模式必需。'],
  },
  'database.old': {
    en: ['PostgreSQL is of version {version}; 18 is the one that is tested', 'Upgrade it.'],
    'zh-CN': ['PostgreSQL 版本为 {version}，经过测试的是 18', '请升级。'],
  },
  'database.noSchema': {
    en: [
      'the role {role} has no schema {schema} in which it may create tables',
      'Make it: prepare.mjs database, or k8s/components/postgres/roles.sql.',
    ],
    'zh-CN': [
      '角色 {role} 没有可建表的模式 {schema}',
      '请创建：prepare.mjs database 或 k8s/components/postgres/roles.sql。',
    ],
  },
  'database.tooManyRights': {
    en: [
      'the role {role} may do more than it needs: {rights}',
      'Use a role per service, made by prepare.mjs database.',
    ],
    'zh-CN': ['角色 {role} 的权限超出所需：{rights}', '请为每个服务使用单独的角色，由 prepare.mjs database 创建。'],
  },
  'database.schema': {
    en: ['schema {schema} has all {count} migrations of this release'],
    'zh-CN': ['模式 {schema} 已具备本版本的全部 {count} 个迁移'],
  },
  'database.pending': {
    en: [
      'schema {schema} lacks {count} migrations, first {name}',
      'The service runs them when it starts; a release can do it before: docs/operations.md, Upgrade.',
    ],
    'zh-CN': [
      '模式 {schema} 缺少 {count} 个迁移，首个为 {name}',
      '服务启动时会执行，也可在发布前执行，见 docs/operations.md 的 Upgrade。',
    ],
  },
  'database.newer': {
    en: [
      'schema {schema} has the migration {name}, which this release does not have',
      'Deploy the release that made it, or a newer one.',
    ],
    'zh-CN': ['模式 {schema} 含有本版本没有的迁移 {name}', '请部署产生该迁移的版本或更新的版本。'],
  },
  'database.restoring': {
    en: ['the restore of schema {schema} has not ended', 'Run holdfast restore again.'],
    'zh-CN': ['模式 {schema} 的恢复尚未完成', '请再次运行 holdfast restore。'],
  },
  'database.connections': {
    en: ['PostgreSQL allows {max} connections; a replica of each service takes up to {needed}'],
    'zh-CN': ['PostgreSQL 允许 {max} 个连接，每个服务一个副本最多占用 {needed} 个'],
  },
  'database.tooFewConnections': {
    en: [
      'PostgreSQL allows {max} connections, and a replica of each service takes up to {needed}',
      'Raise max_connections, or lower HOLDFAST_DATABASE_POOL_MAX.',
    ],
    'zh-CN': [
      'PostgreSQL 只允许 {max} 个连接，而每个服务一个副本最多占用 {needed} 个',
      '请提高 max_connections 或降低 HOLDFAST_DATABASE_POOL_MAX。',
    ],
  },
  'clock.equal': {
    en: ['clocks of this machine and of PostgreSQL differ by {seconds} s'],
    'zh-CN': ['本机与 PostgreSQL 的时钟相差 {seconds} 秒'],
  },
  'clock.differs': {
    en: [
      'clocks of this machine and of PostgreSQL differ by {seconds} s',
      'Synchronise both (NTP): tokens between services last two minutes, and times of events would be wrong.',
    ],
    'zh-CN': [
      '本机与 PostgreSQL 的时钟相差 {seconds} 秒',
      '请用 NTP 校准：服务间令牌只有两分钟有效期，事件时间也会出错。',
    ],
  },
  'key.fits': { en: ['{variable} is the key of the data'], 'zh-CN': ['{variable} 与数据相符'] },
  'key.other': {
    en: [
      '{variable} is not the key of the data',
      'Use the key with which it was first used; without it, the data is unreadable.',
    ],
    'zh-CN': ['{variable} 不是数据所用的密钥', '请使用最初的密钥，否则数据无法读取。'],
  },
  'bus.reached': {
    en: ['NATS {version} at {address} lets {user} in, with JetStream'],
    'zh-CN': ['NATS {version}（{address}）接受用户 {user} 登录，JetStream 可用'],
  },
  'bus.unreachable': {
    en: [
      'NATS at {address} does not answer ({problem})',
      'Check HOLDFAST_NATS_URL, the network between the two, and that the server runs.',
    ],
    'zh-CN': ['NATS（{address}）无响应（{problem}）', '请检查 HOLDFAST_NATS_URL、两者之间的网络以及服务器是否运行。'],
  },
  'bus.refused': {
    en: [
      'NATS at {address} refuses the user {user}',
      'Its configuration needs the user and the password in HOLDFAST_NATS_PASSWORD_FILE; reload it (SIGHUP).',
    ],
    'zh-CN': [
      'NATS（{address}）拒绝用户 {user}',
      '其配置须包含该用户及 HOLDFAST_NATS_PASSWORD_FILE 中的口令，修改后重新加载（SIGHUP）。',
    ],
  },
  'bus.tls': {
    en: [
      'NATS at {address} offers no TLS that the CA vouches for ({problem})',
      'Its certificate has to be issued by the CA in HOLDFAST_NATS_CA_FILE and to name the host of HOLDFAST_NATS_URL.',
    ],
    'zh-CN': [
      'NATS（{address}）的 TLS 未通过校验（{problem}）',
      '其证书须由 HOLDFAST_NATS_CA_FILE 中的 CA 签发，且包含 HOLDFAST_NATS_URL 的主机名。',
    ],
  },
  'bus.noJetStream': {
    en: [
      'NATS at {address} has no JetStream for {user} ({problem})',
      'Enable it (jetstream {…}), and give the user the permissions of nats.conf.',
    ],
    'zh-CN': [
      'NATS（{address}）没有为 {user} 提供 JetStream（{problem}）',
      '请启用 jetstream，并授予 nats.conf 中的权限。',
    ],
  },
  'bus.tooManyReplicas': {
    en: ['HOLDFAST_NATS_REPLICAS is {replicas}, and NATS is a single server', 'Set it to 1, or start a cluster.'],
    'zh-CN': ['HOLDFAST_NATS_REPLICAS 为 {replicas}，但 NATS 是单台服务器', '请设为 1，或部署集群。'],
  },
  'bus.streams': {
    en: ['streams {streams} are there, {replicas} copies each'],
    'zh-CN': ['流 {streams} 已存在，各 {replicas} 份'],
  },
  'bus.noStream': {
    en: ['stream {stream} is not there yet', 'The service makes it when it starts.'],
    'zh-CN': ['流 {stream} 尚不存在', '服务启动时会创建。'],
  },
  'bus.otherReplicas': {
    en: [
      'stream {stream} has {found} copies instead of {replicas}',
      'Change it: nats stream update {stream} --replicas {replicas}.',
    ],
    'zh-CN': [
      '流 {stream} 有 {found} 份，应为 {replicas} 份',
      '请修改：nats stream update {stream} --replicas {replicas}。',
    ],
  },
  'service.healthy': { en: ['{callee} at {address} answers, and works'], 'zh-CN': ['{callee}（{address}）响应正常'] },
  'service.unable': {
    en: ['{callee} at {address} answers, but has no database or no event bus', 'Run the doctor in {callee}.'],
    'zh-CN': ['{callee}（{address}）有响应，但没有数据库或消息总线', '请在 {callee} 中运行 doctor。'],
  },
  'service.away': {
    en: [
      '{callee} at {address}: {problem}',
      'Check {variable}, that {callee} runs, and that both have certificates of one CA.',
    ],
    'zh-CN': [
      '服务 {callee}（{address}）：{problem}',
      '请检查 {variable}、{callee} 是否运行，以及双方证书是否由同一 CA 签发。',
    ],
  },
  'issuer.reached': {
    en: ['issuer {issuer} has {keys} keys for tokens of the audience {audience}'],
    'zh-CN': ['签发方 {issuer} 提供 {keys} 个密钥，受众为 {audience}'],
  },
  'issuer.none': {
    en: [
      'HOLDFAST_OIDC_ISSUER is not set',
      'Set it to the https address of your issuer; production mode issues no tokens.',
    ],
    'zh-CN': ['未设置 HOLDFAST_OIDC_ISSUER', '请设为签发方的 https 地址，生产模式不自行签发令牌。'],
  },
  'issuer.plain': {
    en: ['{variable} is not https', 'Production mode refuses it.'],
    'zh-CN': ['{variable} 不是 https', '生产模式会拒绝。'],
  },
  'issuer.unreachable': {
    en: [
      '{url} does not answer as it should ({problem})',
      'Check HOLDFAST_OIDC_ISSUER, the network, and NODE_EXTRA_CA_CERTS for a private CA.',
    ],
    'zh-CN': [
      '{url} 未正常响应（{problem}）',
      '请检查 HOLDFAST_OIDC_ISSUER、网络，私有 CA 须设置 NODE_EXTRA_CA_CERTS。',
    ],
  },
  'issuer.other': {
    en: [
      'the discovery document at {issuer} names the issuer {found}',
      'Set HOLDFAST_OIDC_ISSUER to exactly that, or no token is accepted.',
    ],
    'zh-CN': [
      '{issuer} 的发现文档声明的签发方是 {found}',
      '请将 HOLDFAST_OIDC_ISSUER 设为完全相同的值，否则令牌都会被拒绝。',
    ],
  },
  'issuer.noKeys': {
    en: ['{url} has no key for EdDSA, ES256 or RS256', 'Let the issuer sign with one of them.'],
    'zh-CN': ['{url} 没有 EdDSA、ES256 或 RS256 密钥', '请让签发方使用其中之一签名。'],
  },
  'gateway.reached': {
    en: ['gateway at {url} answers; its clock differs from that of this machine by {seconds} s'],
    'zh-CN': ['网关 {url} 响应正常，与本机时钟相差 {seconds} 秒'],
  },
  'gateway.unreachable': {
    en: [
      'gateway at {url} does not answer as it should ({problem})',
      'Check HOLDFAST_URL (--url), and that the gateway runs.',
    ],
    'zh-CN': ['网关 {url} 未正常响应（{problem}）', '请检查 HOLDFAST_URL（--url）以及网关是否运行。'],
  },
  'gateway.ready': { en: ['gateway reaches all services'], 'zh-CN': ['网关可连通所有服务'] },
  'gateway.notReady': {
    en: [
      'gateway does not reach all services: {problem}',
      'Run the doctor in the gateway and in the services that it names.',
    ],
    'zh-CN': ['网关未能连通所有服务：{problem}', '请在网关及所列服务中运行 doctor。'],
  },
  'gateway.accepts': { en: ['gateway accepts a token of the client'], 'zh-CN': ['网关接受该客户端的令牌'] },
  'gateway.refuses': {
    en: [
      'gateway or issuer refuses the client: {problem}',
      'Check HOLDFAST_CLIENT_ID, its secret and HOLDFAST_TOKEN_URL; the token needs the audience, scopes and org_scope of docs/operations.md.',
    ],
    'zh-CN': [
      '网关或签发方拒绝该客户端：{problem}',
      '请检查 HOLDFAST_CLIENT_ID、其密钥和 HOLDFAST_TOKEN_URL；令牌所需受众、范围和 org_scope 见 docs/operations.md。',
    ],
  },
  'lake.writable': {
    en: ['lake {folder} can be written; {free} GB are free'],
    'zh-CN': ['数据湖 {folder} 可写，剩余 {free} GB'],
  },
  'lake.notWritable': {
    en: [
      'lake {folder} cannot be written ({problem})',
      'Give the folder to the user of the process, or set HOLDFAST_LAKE.',
    ],
    'zh-CN': ['数据湖 {folder} 不可写（{problem}）', '请将目录授权给进程用户，或修改 HOLDFAST_LAKE。'],
  },
  'lake.full': {
    en: ['lake {folder} has {free} GB left', 'Make space: imports stop when the disk is full.'],
    'zh-CN': ['数据湖 {folder} 仅剩 {free} GB', '请清理空间：磁盘满时导入会停止。'],
  },
} as const satisfies Record<string, Record<'en' | 'zh-CN', Text>>;

export type TextKey = keyof typeof texts;
export const TEXTS: Readonly<Record<TextKey, Readonly<Record<'en' | 'zh-CN', Text>>>> = texts;
