"""What the kernel says about processes, and how it keeps them short."""

import os
import pathlib


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def resident_mb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
    return 0.0


def slope(samples):
    """Units an hour, by least squares, of (seconds, value) pairs."""
    times, values = [at for at, _ in samples], [value for _, value in samples]
    middle, level = sum(times) / len(times), sum(values) / len(values)
    spread = sum((at - middle) ** 2 for at in times)
    return 3600 * sum((at - middle) * (value - level) for at, value in samples) / spread if spread else 0.0


class Quota:
    """Keeps a process to so many hundredths of a core, where the kernel's control groups may be used."""

    def __init__(self, name, percent):
        old = pathlib.Path("/sys/fs/cgroup/cpu")
        self.path = (old if old.is_dir() else pathlib.Path("/sys/fs/cgroup")) / f"msi-{name}-{os.getpid()}"
        self.works = False
        try:
            self.path.mkdir()
            if old.is_dir():
                (self.path / "cpu.cfs_period_us").write_text("20000")
                (self.path / "cpu.cfs_quota_us").write_text(str(200 * percent))
            else:
                (self.path / "cpu.max").write_text(f"{200 * percent} 20000")
            self.works = True
        except OSError:
            pass

    def take(self, pid):
        if self.works:
            (self.path / "cgroup.procs").write_text(str(pid))

    def end(self):
        try:
            self.path.rmdir()
        except OSError:
            pass
