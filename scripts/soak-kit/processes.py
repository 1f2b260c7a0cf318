"""What the kernel says about processes."""


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
