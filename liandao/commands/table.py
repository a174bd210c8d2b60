"""The commands of ``liandao``, and the environment variables that they heed.

This is all that ``liandao --help`` reads. A command's module is imported when the command runs, or when its own help or
its options are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

VARIABLES = {
    "LIANDAO_PROJECT": "项目目录 Folder of the project.",
    "LIANDAO_HOME": "数据目录 Folder of the data.",
    "LIANDAO_WAREHOUSE": "同时发布到的 PostgreSQL 地址 PostgreSQL to publish to as well: postgresql://user@host/database.",
    "LIANDAO_TAKE_OVER": "1：覆盖另一目录在 PostgreSQL 的发布 1: publish over another home in PostgreSQL.",
    "LIANDAO_WORKERS": "并行进程数，1–64 Processes that read lines side by side, 1 to 64.",
    "LIANDAO_PROVINCE_POSTGRES": "虚拟省份使用的数据库服务器 A PostgreSQL server for the demo's province to use.",
    "LIANDAO_REVIEWER": "判断人 Who decides, instead of the login name.",
    "LIANDAO_DEBUG": "1：内部错误显示出处 1: an internal error shows where it came from.",
}
COMPLETION = "_LIANDAO_COMPLETE"
"""Set by the shell when it asks ``liandao`` itself what may come next."""
RUN_VARIABLES = ("LIANDAO_WAREHOUSE", "LIANDAO_TAKE_OVER", "LIANDAO_WORKERS")
DEMO_VARIABLES = (*RUN_VARIABLES, "LIANDAO_PROVINCE_POSTGRES")


@dataclass(frozen=True, slots=True)
class Listed:
    """One command.

    ``help``: a sentence in both languages. ``target``: ``module:name`` of its function, or of the ``Typer`` that has
    commands of its own. ``variables``: those of :data:`VARIABLES` that it heeds and that stand at none of its options.
    ``extra``: the extra of the distribution that it can't do without.
    """

    name: str
    help: str
    target: str
    variables: tuple[str, ...] = ()
    extra: str = ""


COMMANDS = (
    Listed("init", "新建一个项目 Write a new project.", "liandao.commands.init:init"),
    Listed(
        "run",
        "抽取、校验、匹配、计算、发布 Read all platforms and publish a new generation.",
        "liandao.commands.run:run",
        RUN_VARIABLES,
    ),
    Listed(
        "demo",
        "启动一个虚拟省份并在其上运行 Start a province, run on it, compare with its truth.",
        "liandao.commands.demo:demo",
        DEMO_VARIABLES,
        extra="demo",
    ),
    Listed("platforms", "列出平台 List lines and platforms.", "liandao.commands.platforms:platforms"),
    Listed(
        "check",
        "检查文件或平台，提出行数上下限 Check files or a platform; propose bounds.",
        "liandao.commands.check:check",
    ),
    Listed(
        "balance",
        "核对每一行的去向 Account for every row, by platform and stream.",
        "liandao.commands.balance:balance",
    ),
    Listed("runs", "历次运行及用时 Past runs, and how long things usually take.", "liandao.commands.runs:runs"),
    Listed("notify", "通知：告知未告知的问题，或测试通道 Tell people what is wrong, or try a channel.",
           "liandao.commands.notify:notify"),
    Listed("metrics-file", "供 Prometheus 采集的指标文件 A file of metrics for Prometheus.",
           "liandao.commands.metrics_file:metrics_file"),
    Listed(
        "generations", "列出保留的版本 List the generations kept.", "liandao.commands.generations:generations"
    ),
    Listed(
        "rollback",
        "退回到保留的某个版本 Let readers open another generation.",
        "liandao.commands.generations:rollback",
        ("LIANDAO_WAREHOUSE", "LIANDAO_TAKE_OVER"),
    ),
    Listed("diff", "两个版本之间的变动 What moved between two generations.", "liandao.commands.upkeep:diff"),
    Listed(
        "rebuild",
        "从落地数据重建版本 Make a generation again from landing.",
        "liandao.commands.upkeep:rebuild",
    ),
    Listed(
        "batch",
        "批次：查看、搁置、放行、认损 Batches: list, set aside, release, accept a loss.",
        "liandao.commands.batch:app",
    ),
    Listed("metrics", "查看指标 Show figures with their rules.", "liandao.commands.metrics:metrics"),
    Listed("sql", "只读查询已发布的仓库 Query the published warehouse, read-only.", "liandao.commands.sql:sql"),
    Listed(
        "match",
        "匹配任意表：哪些记录是同一个 Find which records of any table are one.",
        "liandao.commands.match:match",
    ),
    Listed(
        "review",
        "人工核对：待核队列、判断、撤销 Review grey pairs, decide, undo merges.",
        "liandao.commands.review:app",
    ),
    Listed(
        "history",
        "查看一个标识的来历 What happened to a person, matter or record.",
        "liandao.commands.history:history",
    ),
    Listed(
        "explain",
        "解释错误、规则、指标、设置、批次、记录，或两条记录 What one thing means here; why two records are one or not.",
        "liandao.commands.explain:explain",
    ),
    Listed("regions", "区划：导入与查看 Division codes: bring in, look up.", "liandao.commands.regions:app"),
    Listed(
        "config", "生效的设置及其来源 What is in effect, and where it was said.", "liandao.commands.config:config"
    ),
    Listed(
        "migrate", "升级旧版目录与项目 Bring up what an earlier version made.", "liandao.commands.migrate:migrate"
    ),
    Listed("backup", "备份数据目录 Write a backup of the home.", "liandao.commands.upkeep:backup"),
    Listed("restore", "核验并恢复备份 Verify a backup and lay it down.", "liandao.commands.upkeep:restore"),
    Listed("move", "搬迁数据目录 Move the home to another folder.", "liandao.commands.upkeep:move"),
    Listed("prune", "清理到期内容 Remove what is not to be kept any longer.", "liandao.commands.upkeep:prune"),
    Listed("doctor", "检查本机与目录 Check this machine and this home.", "liandao.commands.doctor:doctor"),
    Listed("schema", "--json 结果的 JSON Schema The JSON Schema of an answer.", "liandao.commands.schema:schema"),
    Listed(
        "completion",
        "命令补全脚本 Complete commands and names in the shell.",
        "liandao.commands.completion:completion",
    ),
)
