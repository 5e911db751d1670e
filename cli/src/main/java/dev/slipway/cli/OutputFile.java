package dev.slipway.cli;

import dev.slipway.tensor.AtomicFile;
import dev.slipway.tensor.FileFailure;
import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Checks output paths before long work, not after it. */
final class OutputFile {
  private OutputFile() {}

  /**
   * Checks that a file can be made or replaced.
   *
   * @param option for the message
   */
  static Path requireWritable(String option, Path file) {
    Path folder = file.toAbsolutePath().getParent();
    if (Files.isDirectory(file)) {
      throw new SlipwayException(option + " " + file + ": a folder (expected: a path to a file)");
    }
    if (folder == null || !Files.isDirectory(folder)) {
      throw new SlipwayException(option + " " + file + ": no folder " + folder
          + " (expected: a path in a folder that exists)");
    }
    if (!Files.isWritable(folder) || (Files.exists(file) && !Files.isWritable(file))) {
      throw new SlipwayException(
          option + " " + file + ": not writable (expected: a path in a folder that is writable)");
    }
    return file;
  }

  /** Writes a text; the file appears whole or not at all. */
  static void write(String option, Path file, String text) {
    try {
      AtomicFile.write(file, text);
    } catch (IOException e) {
      throw new SlipwayException(option + " " + file + ": cannot be written: " + FileFailure.reason(e)
          + " (expected: a path in a folder that exists and is writable)", e);
    }
  }

  /** Makes a folder where it is not there. */
  static Path requireFolder(String option, Path folder) {
    try {
      return Files.createDirectories(folder);
    } catch (IOException e) {
      throw new SlipwayException(
          option + " " + folder + ": cannot be made: " + FileFailure.reason(e) + " (expected: a folder)", e);
    }
  }
}
