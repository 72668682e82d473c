package dev.homeport.bench.limit;

import dev.homeport.bench.system.SharedBlock;

/** How one side of a ping-pong learns that it is its turn. */
public enum Handover {
    /** Never sleeps. Needs a core for each side. */
    SPIN {
        @Override
        void await(SharedBlock block, int word, int wanted) {
            while (block.getAcquire(word) != wanted) {
                Thread.onSpinWait();
            }
        }

        @Override
        void tell(SharedBlock block, int word, int value) {
            block.setRelease(word, value);
        }
    },

    /** Always sleeps; every turn is a wake-up by system call. */
    FUTEX {
        @Override
        void await(SharedBlock block, int word, int wanted) {
            for (int now = block.getAcquire(word); now != wanted; now = block.getAcquire(word)) {
                block.sleep(word, now);
            }
        }

        @Override
        void tell(SharedBlock block, int word, int value) {
            block.setRelease(word, value);
            block.wake(word);
        }
    };

    /** Waits until the word has that value. */
    abstract void await(SharedBlock block, int word, int wanted);

    /** Gives the word that value, for the other side to see. */
    abstract void tell(SharedBlock block, int word, int value);
}
