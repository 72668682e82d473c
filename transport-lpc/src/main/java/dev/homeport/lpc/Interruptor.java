package dev.homeport.lpc;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.util.Set;

/**
 * Makes {@link Thread#interrupt} end a wait in the kernel. {@link AbstractSelector} is the public class whose
 * {@code begin} and {@code end} ask the thread to call us when it is interrupted; nothing here selects.
 */
final class Interruptor extends AbstractSelector {
    private final Runnable onInterrupt;

    Interruptor(Runnable onInterrupt) {
        super(SelectorProvider.provider());
        this.onInterrupt = onInterrupt;
    }

    void beginWait() {
        begin();
    }

    void endWait() {
        end();
    }

    @Override
    public Selector wakeup() {
        onInterrupt.run();
        return this;
    }

    @Override
    protected void implCloseSelector() throws IOException {}

    @Override
    protected SelectionKey register(AbstractSelectableChannel channel, int operations, Object attachment) {
        throw new IllegalStateException("selects nothing");
    }

    @Override
    public Set<SelectionKey> keys() {
        return Set.of();
    }

    @Override
    public Set<SelectionKey> selectedKeys() {
        return Set.of();
    }

    @Override
    public int selectNow() {
        return 0;
    }

    @Override
    public int select(long timeout) {
        return 0;
    }

    @Override
    public int select() {
        return 0;
    }
}
