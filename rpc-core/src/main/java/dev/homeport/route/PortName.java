package dev.homeport.route;

/**
 * A connection port as a person names it: {@code orders} or {@code orders,uid=1000}.
 *
 * @param name its published name
 * @param uid user id its server must have, or {@link #OWN_UID}
 */
public record PortName(String name, int uid) {
    /** This process's own uid, or root's. */
    public static final int OWN_UID = -1;

    private static final String UID_MARK = ",uid=";
    /** Bounded well below the 108 bytes that a socket path may have. */
    private static final int MAX_NAME_LENGTH = 64;

    public PortName {
        if (name.isEmpty() || name.length() > MAX_NAME_LENGTH || !isSafe(name)) {
            throw new IllegalArgumentException("port name must have 1 to " + MAX_NAME_LENGTH
                    + " of the characters A-Z a-z 0-9 . _ - and not begin with a dot: " + name);
        }
        if (uid < OWN_UID) {
            throw new IllegalArgumentException("uid must not be negative: " + uid);
        }
    }

    /** @throws IllegalArgumentException if the text is not a port name */
    public static PortName parse(String text) {
        int mark = text.indexOf(UID_MARK);
        if (mark < 0) {
            return new PortName(text, OWN_UID);
        }
        return new PortName(text.substring(0, mark), Integer.parseInt(text.substring(mark + UID_MARK.length())));
    }

    /** A name becomes a file name, so nothing that a path gives a meaning to is allowed in it. */
    private static boolean isSafe(String name) {
        return name.charAt(0) != '.' && name.chars().allMatch(PortName::isSafe);
    }

    private static boolean isSafe(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-';
    }

    @Override
    public String toString() {
        return uid == OWN_UID ? name : name + UID_MARK + uid;
    }
}
