"""What an exchange costs on a board, in instructions, where each millisecond of waiting for this computer is counted, too.

It is measured again until the least figures agree; the very least may lack a tick of SysTick, so the second is taken.
"""
FEWEST, MOST = 5, 30


def enough(costs):
    """Whether these are, each of another exchange of the same kind."""
    if len(costs) < FEWEST:
        return False
    _, second, third = sorted(costs)[:3]
    return third <= 1.03 * second or len(costs) >= MOST


def cost(costs):
    return sorted(costs)[1]
