package dev.homeport.spi;

/** The peer sent what the protocol does not allow. States facts and numbers; has no stack trace. */
public final class ProtocolViolation extends Exception {
    private static final long serialVersionUID = 1;

    public ProtocolViolation(String message) {
        super(message, null, false, false);
    }
}
