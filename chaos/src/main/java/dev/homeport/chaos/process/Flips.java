package dev.homeport.chaos.process;

import dev.homeport.chaos.process.OwnMemory.View;
import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.queue.RecordLayout;
import dev.homeport.lpc.queue.Words;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Rewrites words of the outboxes and sections of its process as fast as it can, while the process uses them: mostly to put
 * them back a moment later, so that the connection lives long enough to be lied to often. Run by one thread.
 */
final class Flips {
    /** Words that change, but for the tail and the cursor, of which a wrong one soon ends the connection. */
    private static final int[] QUIET_WORDS = {
        OutboxLayout.ASLEEP, OutboxLayout.WANTS_ROOM, OutboxLayout.CPU, OutboxLayout.DIRECT
    };
    private static final int[] ALL_WORDS = {
        OutboxLayout.MAGIC, OutboxLayout.QUEUE_BYTES, OutboxLayout.TAIL, OutboxLayout.CURSOR, OutboxLayout.ASLEEP,
        OutboxLayout.WANTS_ROOM, OutboxLayout.CPU, OutboxLayout.DIRECT
    };
    private static final int LOOK_EVERY = 10_000;
    private static final int MAX_TURNS = 64;
    private static final int KEEP_ONE_IN = 64;
    private static final int STRATEGIES = 5;
    private static final int ONE_IN = 16;
    /** That strategy of them which looks where records are. */
    private static final int FOLLOW = 3;

    private final RandomGenerator random;
    private final Set<Long> outboxes = new HashSet<>();
    /** Where the next record will be, by outbox. */
    private final Map<Long, Long> records = new HashMap<>();
    private long flips;

    Flips(long seed) {
        random = new SplittableRandom(seed);
    }

    /** Flips until that time, {@link System#nanoTime}. */
    void run(long endNanos) throws IOException {
        try (OwnMemory memory = new OwnMemory()) {
            while (System.nanoTime() - endNanos < 0) {
                List<View> views = memory.look();
                outboxes.addAll(memory.outboxes());
                List<View> found = views.stream().filter(view -> view.isOutbox() || random.nextBoolean()).toList();
                for (int i = 0; i < LOOK_EVERY && !found.isEmpty(); i++) {
                    flip(found.get(random.nextInt(found.size())));
                }
            }
        }
    }

    /** Words rewritten. */
    long flips() {
        return flips;
    }

    /** Connections of which a word was rewritten. */
    int connections() {
        return outboxes.size();
    }

    private void flip(View view) {
        MemorySegment memory = view.memory();
        if (view.isOutbox() && view.inode() % STRATEGIES == FOLLOW) {
            follow(view);
            return;
        }
        long at = view.isOutbox() ? placeInOutbox(view) : random.nextLong(memory.byteSize() / Long.BYTES) * Long.BYTES;
        flip(memory, at, Words.getLongAcquire(memory, at));
    }

    private void flip(MemorySegment memory, long at, long kept) {
        long other = other(memory, kept);
        // To and fro: what reads a word twice has a few nanoseconds in which it must have changed.
        for (int turns = 1 + random.nextInt(MAX_TURNS); turns > 0; turns--) {
            Words.setLongRelease(memory, at, other);
            flips++;
            if (turns == 1 && random.nextInt(KEEP_ONE_IN) == 0) {
                return;
            }
            Words.setLongRelease(memory, at, kept);
        }
    }

    /** Each connection is lied to in one way: what ends one at once would leave no time for the others. */
    private long placeInOutbox(View view) {
        long words = (view.memory().byteSize() - OutboxLayout.QUEUE) / Long.BYTES;
        return switch ((int) (view.inode() % STRATEGIES)) {
            case 0 -> QUIET_WORDS[random.nextInt(QUIET_WORDS.length)];
            case 1 -> random.nextInt(ONE_IN) == 0
                    ? ALL_WORDS[random.nextInt(ALL_WORDS.length)]
                    : QUIET_WORDS[random.nextInt(QUIET_WORDS.length)];
            case 2 -> OutboxLayout.QUEUE + random.nextLong(words) * Long.BYTES;
            default -> random.nextLong(view.memory().byteSize() / Long.BYTES) * Long.BYTES;
        };
    }

    /** The header of each record as it is published: the peer, if it spins, reads it at about the same time. */
    private void follow(View view) {
        MemorySegment memory = view.memory();
        long queueBytes = memory.byteSize() - OutboxLayout.QUEUE;
        long tail = Words.getLongAcquire(memory, OutboxLayout.TAIL);
        long next = records.getOrDefault(view.inode(), tail);
        if (next < tail && tail - next <= queueBytes) {
            long at = OutboxLayout.QUEUE + (next & queueBytes - 1);
            long header = Words.getLongAcquire(memory, at);
            flip(memory, at, header);
            int length = (int) header;
            next = length < 0 || length > queueBytes ? tail : next + RecordLayout.recordBytes(length);
        } else {
            next = tail;
        }
        records.put(view.inode(), next);
    }

    /** Something else: near to it, far from it, or what could stand there. */
    private long other(MemorySegment memory, long kept) {
        return switch (random.nextInt(8)) {
            case 0 -> kept ^ 1L << random.nextInt(Long.SIZE);
            case 1 -> kept + RecordLayout.ALIGNMENT * random.nextInt(-1_024, 1_024);
            case 2 -> RecordLayout.header(random.nextInt(RecordLayout.MAX_FRAME_BYTES + 64), 1 + random.nextInt(3));
            case 3 -> RecordLayout.header(-random.nextInt(64), RecordLayout.KIND_FRAME);
            case 4 -> random.nextInt(1, 10) | random.nextInt(1 << 8) << 8 | (long) random.nextInt(64) << Integer.SIZE;
            case 5 -> random.nextBoolean() ? 0 : -1;
            case 6 -> Words.getLongAcquire(memory, random.nextLong(memory.byteSize() / Long.BYTES) * Long.BYTES);
            default -> random.nextLong();
        };
    }
}
