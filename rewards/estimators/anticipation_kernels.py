"""Kernel that lets every agent, alone, try every action. This file imports no other kernels."""

from numba import njit

from rewards.kernel_socket import CORE_WORDS, act


@njit(cache=True, nogil=True)
def attempt(level, words, hand, hand_words, action_count, out, same):
    """What becomes of each row of `words` when one agent executes one action and all others are still.

    hand [1], hand_words [1, words]: the same record twice, in which `act` acts. out [worlds, agents, actions,
    words]; same [worlds, agents, actions]: an earlier action of the same agent with the same result, or -1
    where the world stays as it is.
    """
    for w in range(words.shape[0]):
        for agent in range(out.shape[1]):
            for action in range(action_count):
                for k in range(words.shape[1]):
                    hand_words[0, k] = words[w, k]
                act(level[0], hand[0], agent, action)
                for k in range(words.shape[1]):
                    out[w, agent, action, k] = hand_words[0, k]
                same[w, agent, action] = first_equal(words[w], out[w, agent], action)


@njit(cache=True)
def first_equal(root, futures, action):
    """-1 if the last of the first futures has the key of the root, else the first that has the same key."""
    for earlier in range(-1, action):
        equal = True
        for k in range(CORE_WORDS):
            other = root[k] if earlier < 0 else futures[earlier, k]
            equal = equal and futures[action, k] == other
        if equal:
            return earlier
    return action
