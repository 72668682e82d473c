package dev.homeport.lpc.transfer;

import java.util.ArrayList;
import java.util.List;

/** A port that records what sections ask of it, and can be shut. */
final class FakePathway implements Pathway {
    final List<ControlRecord> sent = new ArrayList<>();
    final List<Announcement> announced = new ArrayList<>();
    boolean shut;
    boolean refusesAnnouncements;
    int inside;

    @Override
    public void sendControl(ControlRecord record, boolean wakes) {
        sent.add(record);
    }

    @Override
    public boolean announce(Announcement announcement, int descriptor) {
        announced.add(announcement);
        return !refusesAnnouncements;
    }

    @Override
    public boolean enter() {
        if (!shut) {
            inside++;
        }
        return !shut;
    }

    @Override
    public void leave() {
        inside--;
    }
}
