"""What is no argument for a maker of data, said in one way by all of them."""


def require_int(name: str, value: int, low: int, high: int) -> None:
    """Refuse what is no whole number from low to high.

    Parameters
    ----------
    name : str
        Of the argument, for the message.
    value : int
        What came.
    low, high : int
        The least and the greatest that is allowed.

    Raises
    ------
    TypeError
        If it is no int; True and False are none.
    ValueError
        If it is out of range.

    Examples
    --------
    >>> require_int("n", 3, 1, 10)
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name}: got {type(value).__name__}, expected an int")
    if not low <= value <= high:
        raise ValueError(f"{name}: got {value}, expected {low} to {high}")
