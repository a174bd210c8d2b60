"""The error tree: few classes, each with a stable code, both languages, and what to do next.

Every error that a user may meet derives from :class:`LiandaoError`. Two properties decide what the flow does with it:
``transient`` (worth trying again) and ``exit_code`` (what the command line ends with).
No message ever contains a value of a record; what was found is masked or described.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar


class LiandaoError(Exception):
    """Raised by any room. Carries what a person needs to act.

    ``where``: platform, file, line, column or setting. ``expected`` and ``found``: short, masked.
    ``next_step``: a command or an action.
    """

    code: ClassVar[str] = "LD-0000"
    title_zh: ClassVar[str] = "内部错误"
    title_en: ClassVar[str] = "internal error"
    transient: ClassVar[bool] = False
    exit_code: ClassVar[int] = 5

    def __init__(
        self,
        message: str,
        *,
        where: str = "",
        expected: str = "",
        found: str = "",
        next_step: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.expected = expected
        self.found = found
        self.next_step = next_step

    def __reduce__(self) -> tuple[object, ...]:
        """Survive a process boundary with every part (pickle would keep the message alone)."""
        state = (self.message, self.where, self.expected, self.found, self.next_step)
        return (_rebuild, (type(self), *state))

    def lines(self) -> list[str]:
        """The error as the lines a person reads, both languages on the first."""
        named = [("where", self.where), ("expected", self.expected), ("found", self.found), ("next", self.next_step)]
        head = f"{self.code} {self.title_zh} | {self.title_en}: {self.message}"
        return [head, *(f"  {name}: {text}" for name, text in named if text)]

    def __str__(self) -> str:
        return "\n".join(self.lines())


def _rebuild(
    kind: type[LiandaoError], message: str, where: str, expected: str, found: str, next_step: str
) -> LiandaoError:
    return kind(message, where=where, expected=expected, found=found, next_step=next_step)


class ConfigurationError(LiandaoError):
    """Raised by whoever reads settings, project files or platform files, before anything runs."""

    code = "LD-1001"
    title_zh = "配置有误"
    title_en = "configuration error"
    exit_code = 2


class PlatformFileError(ConfigurationError):
    """Raised by the registry when a platform file does not agree with the schema."""

    code = "LD-1002"
    title_zh = "平台文件有误"
    title_en = "platform file error"


class UsageError(ConfigurationError):
    """Raised by the command line when a word typed there can't stand: an unknown name, an option that is not there."""

    code = "LD-1010"
    title_zh = "用法有误"
    title_en = "usage error"


class KeyLost(ConfigurationError):
    """Raised by whoever opens a home whose key is missing or is not the one that its data were made with."""

    code = "LD-1040"
    title_zh = "密钥丢失或不符"
    title_en = "key missing or another"


class MissingExtra(ConfigurationError):
    """Raised by whoever is about to import packages that come with an extra only, where they are not installed."""

    code = "LD-1020"
    title_zh = "缺少可选组件"
    title_en = "optional packages missing"


class SystemRefused(LiandaoError):
    """Raised by whoever writes or reads for what the operating system refused: no right, no such name."""

    code = "LD-1030"
    title_zh = "系统拒绝访问文件"
    title_en = "refused by the system"


class DiskFull(SystemRefused):
    """Raised by whoever writes when the disk has no room for it, or would not have."""

    code = "LD-1031"
    title_zh = "磁盘空间不足"
    title_en = "disk full"


class MemoryExhausted(SystemRefused):
    """Raised by whoever asked for memory that the system or the engine's limit did not give."""

    code = "LD-1032"
    title_zh = "内存不足"
    title_en = "memory exhausted"


class SourceUnreachable(LiandaoError):
    """Raised by a connector when a platform can't be reached, times out or keeps answering 429/5xx."""

    code = "LD-2001"
    title_zh = "平台无法连接"
    title_en = "source unreachable"
    transient = True
    exit_code = 3


class DeadlinePassed(SourceUnreachable):
    """Raised by the flow for a platform that had not answered when the time for reading was over."""

    code = "LD-2005"
    title_zh = "超过读取期限"
    title_en = "deadline passed"


class WorkerDied(LiandaoError):
    """Raised by the flow for a platform or line whose worker process died."""

    code = "LD-2006"
    title_zh = "工作进程异常终止"
    title_en = "worker died"
    exit_code = 1


class SourceRefused(LiandaoError):
    """Raised by a connector when a platform refuses the credential or the request; trying again won't help."""

    code = "LD-2002"
    title_zh = "平台拒绝访问"
    title_en = "source refused"
    exit_code = 3


class SourceMalformed(LiandaoError):
    """Raised by a connector when bytes arrive but can't be read as declared: encoding, format, envelope, truncation."""

    code = "LD-2003"
    title_zh = "来源数据无法解析"
    title_en = "source malformed"
    exit_code = 1


class ContractBroken(LiandaoError):
    """Raised by a connector when a source no longer looks as its platform file says.

    A mapped field is missing, an unknown field has appeared, or the row count is below the declared floor.
    """

    code = "LD-2004"
    title_zh = "来源不符合约定"
    title_en = "source contract broken"
    exit_code = 1


class Unbalanced(LiandaoError):
    """Raised by the audit when rows were lost, made up or changed between landing and warehouse."""

    code = "LD-3001"
    title_zh = "数据不守恒"
    title_en = "unbalanced"
    exit_code = 4


class GateStopped(LiandaoError):
    """Raised by the quality gate when a rule marked stop fails; the line's batches are not loaded."""

    code = "LD-3002"
    title_zh = "质量闸门未通过"
    title_en = "quality gate stopped"
    exit_code = 1


class ContradictoryCluster(LiandaoError):
    """Raised by matching when a cluster would hold two different valid identity numbers: its law is broken."""

    code = "LD-3003"
    title_zh = "归并结果自相矛盾"
    title_en = "contradictory cluster"


class DecisionRefused(LiandaoError):
    """Raised when somebody decides what can't be: an unknown record, two valid numbers, against earlier decisions."""

    code = "LD-3004"
    title_zh = "判断不能成立"
    title_en = "decision refused"
    exit_code = 1


class NeedsAttention(LiandaoError):
    """Raised by a look of the doctor for what a person should see to, though everything works."""

    code = "LD-3005"
    title_zh = "需要处理"
    title_en = "needs attention"
    exit_code = 1


class StoreError(LiandaoError):
    """Raised by the warehouse when a generation can't be built, opened or published."""

    code = "LD-4001"
    title_zh = "数据仓库错误"
    title_en = "store error"


class NothingPublished(StoreError):
    """Raised by readers of a home in which no run has published a generation yet."""

    code = "LD-4004"
    title_zh = "尚未发布"
    title_en = "nothing published"
    exit_code = 2


class PointerLost(StoreError):
    """Raised when there are generations in a home and no readable pointer to the published one."""

    code = "LD-4005"
    title_zh = "已发布版本的指针丢失"
    title_en = "pointer to the published generation lost"
    exit_code = 2


class DamagedFile(StoreError):
    """Raised when a small file of the home (receipt, gate, attempt) does not hold what it was written with."""

    code = "LD-4006"
    title_zh = "文件受损"
    title_en = "file damaged"


class RunInProgress(LiandaoError):
    """Raised when another run holds the lock of the same home or platform."""

    code = "LD-4002"
    title_zh = "已有任务在运行"
    title_en = "run in progress"
    exit_code = 2


class MessageNotSent(LiandaoError):
    """Raised by a channel that tells people: the server is away, refuses, or takes too long. No run fails for it."""

    code = "LD-5001"
    title_zh = "消息未能送达"
    title_en = "message not sent"
    transient = True
    exit_code = 1


class LedgerBroken(StoreError):
    """Raised when the ledger of decisions was altered or lost lines; nothing is matched without it."""

    code = "LD-4003"
    title_zh = "判断台账受损"
    title_en = "ledger of decisions broken"


def error_kinds() -> dict[str, type[LiandaoError]]:
    """Code -> class of every error, in the order of codes."""
    return {kind.code: kind for kind in sorted(_with_those_below(LiandaoError), key=lambda kind: kind.code)}


def _with_those_below(kind: type[LiandaoError]) -> Iterator[type[LiandaoError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _with_those_below(below)
