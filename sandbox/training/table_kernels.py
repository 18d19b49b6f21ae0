"""Q-learning on a hash table of rows of words, one transition after the other."""

from numba import njit

from rewards.estimators.slots import copy, slot_of


@njit
def find(wanted, keys, table, rows):
    """Row of each wanted key, -1 where it is not in the table: int64 [wanted], written."""
    for index in range(wanted.shape[0]):
        rows[index] = table[slot_of(wanted[index], wanted.shape[1], keys, table)] - 1


@njit
def place(keys, size, table):
    """Enter the first `size` keys into an empty table."""
    for row in range(size):
        table[slot_of(keys[row], keys.shape[1], keys, table)] = row + 1


@njit
def improve(before, actions, rewards, ended, after, keys, table, values, size, start, rate, discount):
    """Let Q(s, a) go towards r + discount max Q(s', a') for each transition in turn.

    What was never met is worth `start`. Returns the rows in use, -1 when the table is full, and the sum of
    absolute errors.
    """
    errors = 0.0
    for index in range(before.shape[0]):
        value = 0.0
        if not ended[index]:
            row = table[slot_of(after[index], after.shape[1], keys, table)] - 1
            value = values[row].max() if row >= 0 else start
        slot = slot_of(before[index], before.shape[1], keys, table)
        if table[slot] == 0:
            if size == values.shape[0]:
                return -1, errors
            copy(before[index], keys[size], before.shape[1])
            size += 1
            table[slot] = size
        row, action = table[slot] - 1, actions[index]
        error = rewards[index] + discount * value - values[row, action]
        values[row, action] += rate * error
        errors += abs(error)
    return size, errors
