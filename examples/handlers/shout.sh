#!/bin/sh
# Answers in capitals.
exec tr '[:lower:]' '[:upper:]'
