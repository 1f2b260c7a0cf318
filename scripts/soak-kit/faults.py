"""What the machine does to a program: a disk that is small, files that can't be written, a clock that is set, too few descriptors."""

import os
import pathlib
import subprocess

PRELOADED = "faults.c"
CLOCK = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"


class Disk:
    """The folder that SOAK_DISK names, a file system of its own with little room."""

    def __init__(self):
        self.folder = pathlib.Path(os.environ["SOAK_DISK"])
        self.filler = self.folder / "filler"

    def fill(self):
        """Leaves no room for anything."""
        with open(self.filler, "wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12):
                try:
                    while file.write(bytes(size)):
                        pass
                except OSError:
                    pass

    def empty(self):
        self.filler.unlink(missing_ok=True)


class Broken:
    """Calls on files that begin with `files` fail for processes with this environment, when told so."""

    def __init__(self, folder, files):
        library, self.flag = pathlib.Path(folder) / "faults.so", pathlib.Path(folder) / "fault"
        source = pathlib.Path(__file__).parent / PRELOADED
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True)
        self.library = str(library)
        self.environment = {"FAULT_FLAG": str(self.flag), "FAULT_FILES": str(files)}

    def set(self, deed):
        """`fsync`, `write` or `read`; None mends it."""
        if deed:
            self.flag.write_text(deed)
        else:
            self.flag.unlink(missing_ok=True)


class Clock:
    """The wall clock of one process. What only measures how much time passes is left alone, as when a clock is set."""

    def __init__(self, folder, name):
        self.file = pathlib.Path(folder) / f"clock-{name}"
        self.set(0)
        self.library = CLOCK
        self.environment = {"FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

    def set(self, seconds):
        # Never half written: who reads a part of it would see another time.
        fresh = self.file.with_suffix(".new")
        fresh.write_text(f"{seconds:+d}\n")
        fresh.rename(self.file)


def descriptors(process):
    """How many a process has open."""
    return len(os.listdir(f"/proc/{process.pid}/fd"))


def allow(process, files):
    """How many it may have open from now on."""
    subprocess.run(["prlimit", f"--pid={process.pid}", f"--nofile={files}:"], check=True)
