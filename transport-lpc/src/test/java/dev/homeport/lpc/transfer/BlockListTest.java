package dev.homeport.lpc.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BlockListTest {
    private static final int SIZE = 1 << 20;
    private final BlockList blocks = new BlockList(SIZE);

    @Test
    void lowestPlaceThatFitsIsTaken() {
        long first = blocks.allocate(1000);
        long second = blocks.allocate(1000);
        blocks.release(first);

        assertThat(blocks.allocate(500)).isEqualTo(first);
        assertThat(second).isPositive();
    }

    @Test
    void fullListDeclines() {
        assertThat(blocks.allocate(SIZE)).isZero();
        assertThat(blocks.allocate(1)).isEqualTo(BlockList.NONE);
    }

    @Test
    void secondReleaseIsRefused() {
        long offset = blocks.allocate(100);

        assertThat(blocks.release(offset)).isTrue();
        assertThat(blocks.release(offset)).isFalse();
        assertThat(blocks.release(offset + 64)).isFalse();
    }

    @Test
    void releasedInAnyOrderTheWholeIsFreeAgain() {
        Random random = new Random(20261123);
        for (int round = 0; round < 50; round++) {
            Map<Long, Long> used = new HashMap<>();
            for (int i = 0; i < 40; i++) {
                long length = 1 + random.nextInt(60_000);
                long offset = blocks.allocate(length);
                if (offset != BlockList.NONE) {
                    used.forEach((at, size) ->
                            assertThat(offset + length <= at || at + size <= offset).as("no overlap").isTrue());
                    used.put(offset, length);
                }
            }
            List<Long> offsets = new ArrayList<>(used.keySet());
            java.util.Collections.shuffle(offsets, random);
            offsets.forEach(offset -> assertThat(blocks.release(offset)).isTrue());
            assertThat(blocks.isUnused()).isTrue();
            assertThat(blocks.allocate(SIZE)).isZero();
            assertThat(blocks.release(0)).isTrue();
        }
    }
}
