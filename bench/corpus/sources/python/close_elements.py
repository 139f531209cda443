from typing import List


def has_close_elements(numbers: List[float], threshold: float) -> bool:
    """Are any two of the numbers closer to each other than the threshold?

    >>> has_close_elements([1.0, 2.0, 3.0], 0.5)
    False
    """
    ordered = sorted(numbers)
    return any(right - left < threshold for left, right in zip(ordered, ordered[1:]))


def separate_paren_groups(text: str) -> List[str]:
    groups, current, depth = [], [], 0
    for char in text.replace(" ", ""):
        current.append(char)
        depth += 1 if char == "(" else -1
        if depth == 0:
            groups.append("".join(current))
            current.clear()
    return groups


def check(candidate):
    assert candidate([1.0, 2.0, 3.9, 4.0, 5.0, 2.2], 0.3) is True
    assert candidate([1.0, 2.0, 3.9, 4.0, 5.0, 2.2], 0.05) is False
    assert candidate([1.0, 2.0, 5.9, 4.0, 5.0], 0.95) is True
    assert candidate([1.1, 2.2, 3.1, 4.1, 5.1], 0.5) is False


if __name__ == "__main__":
    check(has_close_elements)
    print("all checks passed")
    print(separate_paren_groups("( ) (( )) (( )( ))"))
