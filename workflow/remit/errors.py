"""The one exception that means: a person can mend this."""


class RemitError(Exception):
    """Something in the inputs, the dictionaries or the plan is wrong.

    The message names what is wrong, where (file, line, column, value) and what to do; it is shown
    to the user without a traceback.
    """
