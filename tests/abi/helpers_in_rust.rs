//! What the bindings for Rust have beside the boundary itself.
use agentroom::*;
use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::os::raw::c_char;

fn empty_error(struct_size: u32) -> ar_error {
    // SAFETY: numbers and characters.
    let mut error: ar_error = unsafe { MaybeUninit::zeroed().assume_init() };
    error.struct_size = struct_size;
    error
}

fn text(of: &[c_char]) -> &str {
    unsafe { CStr::from_ptr(of.as_ptr()) }.to_str().expect("UTF-8")
}

#[test]
fn a_failure_is_told_to_the_caller() {
    let mut error = empty_error(size_of_struct::<ar_error>());
    let status = unsafe { guarded(&mut error, || Err(Failure::new(AR_IO, "the disk is full", "free some"))) };
    assert_eq!((status, error.status), (AR_IO, AR_IO));
    assert_eq!((text(&error.message), text(&error.hint)), ("the disk is full", "free some"));
}

#[test]
fn a_long_text_ends_with_a_whole_character() {
    let mut error = empty_error(size_of_struct::<ar_error>());
    let long = "é".repeat(400);
    unsafe { Failure::new(AR_IO, format!("x{long}"), &long[..]).fill(&mut error) };
    assert_eq!(text(&error.message).len(), 511);
    assert_eq!(text(&error.hint).len(), 254);
}

#[test]
fn a_panic_is_an_internal_error() {
    let mut error = empty_error(size_of_struct::<ar_error>());
    assert_eq!(unsafe { guarded(&mut error, || panic!("what a peer wrote")) }, AR_INTERNAL);
    assert_eq!(text(&error.message), "the plugin panicked");
}

#[test]
fn nobody_has_to_take_an_error() {
    assert_eq!(unsafe { guarded(std::ptr::null_mut(), || Err(Failure::new(AR_IO, "", ""))) }, AR_IO);
    assert_eq!(unsafe { guarded(std::ptr::null_mut(), || Ok(())) }, AR_OK);
}

#[test]
fn members_beyond_the_size_of_a_struct_are_not_there() {
    let error = empty_error(520);
    assert!(unsafe { ar_has_member!(&error as *const ar_error, message) });
    assert!(!unsafe { ar_has_member!(&error as *const ar_error, hint) });
}

#[test]
fn an_empty_view_may_be_null() {
    let empty = ar_string { data: std::ptr::null(), size: 0 };
    assert_eq!(unsafe { empty.as_str() }.unwrap(), "");
    let wrong = ar_string { data: b"\xff".as_ptr() as *const c_char, size: 1 };
    assert_eq!(unsafe { wrong.as_str() }.unwrap_err().status, AR_INVALID);
}
