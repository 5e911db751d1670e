package dev.slipway.cli;

import java.lang.module.ModuleDescriptor;
import picocli.CommandLine.IVersionProvider;

/** The version of the program, as the build recorded it in the module descriptor. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String version =
        Version.class.getModule().getDescriptor() instanceof ModuleDescriptor descriptor
            ? descriptor.rawVersion().orElse("unknown")
            : "unknown";
    return new String[] {"slipway " + version + " (JDK " + Runtime.version() + ")"};
  }
}
