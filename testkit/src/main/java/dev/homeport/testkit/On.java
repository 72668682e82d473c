package dev.homeport.testkit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The transport that the topics of a {@link ConformanceSuite} run on. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface On {
    /** A class with a constructor without parameters. */
    Class<? extends Transport> value();
}
