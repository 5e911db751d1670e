package dev.slipway.tensor;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Optional;
import java.util.zip.ZipException;

/** Says in words for the user why a file could not be read or written; the caller's message names the file. */
public final class FileFailure {
  private FileFailure() {}

  /** The reason, in place of the class and the path that an exception of the JDK has for a message. */
  public static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException _ -> "no such file or folder";
      case FileAlreadyExistsException _ -> "a file of this name is there";
      case NotDirectoryException _ -> "no folder";
      case AccessDeniedException _ -> "permission denied";
      case FileSystemException failure -> orKind(failure.getReason(), failure);
      case CharacterCodingException _ -> "no UTF-8 text";
      case ZipException _ -> "no zip file, or a damaged one: " + orKind(e.getMessage(), e);
      case EOFException _ -> "it ends too early";
      default -> orKind(e.getMessage(), e);
    };
  }

  private static String orKind(String message, IOException e) {
    return Optional.ofNullable(message).filter(text -> !text.isBlank()).orElse(e.getClass().getSimpleName());
  }
}
