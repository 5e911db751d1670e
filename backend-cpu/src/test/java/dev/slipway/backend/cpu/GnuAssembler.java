package dev.slipway.backend.cpu;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** GNU as as the oracle of encodings. */
final class GnuAssembler {
  /** Line number, offset, bytes. */
  private static final Pattern LISTED = Pattern.compile("^ *(\\d+) [0-9a-f]{4,} ([0-9A-F ]+)\\t.*");

  private GnuAssembler() {}

  static boolean installed() {
    try {
      return new ProcessBuilder("as", "--version").redirectErrorStream(true).start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** The bytes of each line in hexadecimal, lower case; lines are in AT&amp;T syntax, one instruction each. */
  static List<String> assemble(Path folder, List<String> lines) {
    try {
      Path source = folder.resolve("code.s");
      Path listing = folder.resolve("code.lst");
      Path messages = folder.resolve("messages.txt");
      Files.write(source, lines);
      Process as = new ProcessBuilder(
              "as", "--64", "-aln=" + listing, "--listing-lhs-width=8", "-o", folder.resolve("code.o").toString(),
              source.toString())
          .redirectErrorStream(true)
          .redirectOutput(messages.toFile())
          .start();
      if (!as.waitFor(60, TimeUnit.SECONDS) || as.exitValue() != 0) {
        throw new AssertionError("as: " + firstMessages(messages, lines));
      }
      return bytes(Files.readAllLines(listing), lines.size());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static String firstMessages(Path messages, List<String> lines) throws IOException {
    StringBuilder text = new StringBuilder();
    for (String message : Files.readAllLines(messages).stream().limit(20).toList()) {
      text.append('\n').append(message);
      Matcher line = Pattern.compile("code\\.s:(\\d+):").matcher(message);
      if (line.find()) {
        text.append("   ").append(lines.get(Integer.parseInt(line.group(1)) - 1));
      }
    }
    return text.toString();
  }

  private static List<String> bytes(List<String> listing, int lines) {
    List<String> bytes = new ArrayList<>(Collections.nCopies(lines, ""));
    for (String line : listing) {
      Matcher match = LISTED.matcher(line);
      if (match.matches()) {
        bytes.set(Integer.parseInt(match.group(1)) - 1, match.group(2).replace(" ", "").toLowerCase(Locale.ROOT));
      }
    }
    return bytes;
  }
}
