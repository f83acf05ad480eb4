#!/bin/sh
# Answers every message with itself: the message comes on stdin, the reply goes to stdout.
exec cat
