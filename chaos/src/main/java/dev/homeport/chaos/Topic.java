package dev.homeport.chaos;

/** A kind of misfortune. Has a constructor without arguments; used by one thread. */
public interface Topic {
    /** What a trial is, in the plural. */
    String trials();

    /** Trials that the promise asks for. */
    long fullSize();

    /** Trials that run with the tests: seconds, not minutes. */
    long shortSize();

    /** Does what the run says and reports to it. Throws only if the campaign itself is broken. */
    void run(Run run) throws Exception;
}
