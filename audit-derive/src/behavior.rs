//! The attribute `audited_hooks`: the hooks of the library around an entity's own.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{
    Block, Error, FnArg, Ident, ImplItem, ImplItemFn, ItemImpl, Pat, Path, Result, parse_quote,
    spanned::Spanned,
};

const BELONGS: &str = "`audited_hooks` belongs on `impl ActiveModelBehavior for ActiveModel`";

/// Adds what the hooks of the library do to an implementation of `ActiveModelBehavior`.
pub(crate) fn add(arguments: &TokenStream, mut item: ItemImpl) -> Result<TokenStream> {
    let private = private(arguments)?;
    check(&item)?;
    let is_async = |attribute: &syn::Attribute| {
        let last = attribute.path().segments.last();
        last.is_some_and(|segment| segment.ident == "async_trait")
    };
    if !item.attrs.iter().any(is_async) {
        item.attrs.push(parse_quote!(#[#private::async_trait]));
    }
    for hook in HOOKS {
        match own(&mut item, hook.name) {
            Some(own) => hook.wrap(own, &private)?,
            None => item.items.push(hook.alone(&private)),
        }
    }
    Ok(quote!(#item))
}

/// The path of the library's private items: of `audit_sea_orm`, or of what `crate = ".."` says.
fn private(arguments: &TokenStream) -> Result<TokenStream> {
    if arguments.is_empty() {
        return Ok(quote!(::audit_sea_orm::__private));
    }
    let given: syn::MetaNameValue = syn::parse2(arguments.clone()).map_err(|error| {
        Error::new(
            error.span(),
            "`audited_hooks` takes nothing, or `crate = \"..\"`",
        )
    })?;
    let (syn::Expr::Lit(literal), true) = (&given.value, given.path.is_ident("crate")) else {
        return Err(Error::new_spanned(
            &given,
            "`audited_hooks` takes nothing, or `crate = \"..\"`",
        ));
    };
    let syn::Lit::Str(path) = &literal.lit else {
        return Err(Error::new_spanned(literal, "a path in quotes"));
    };
    let path = path.parse_with(Path::parse_mod_style)?;
    Ok(quote!(#path::__private))
}

fn check(item: &ItemImpl) -> Result<()> {
    let is_behavior = item.trait_.as_ref().is_some_and(|(_, path, _)| {
        let last = path.segments.last();
        last.is_some_and(|segment| segment.ident == "ActiveModelBehavior")
    });
    if is_behavior {
        return Ok(());
    }
    Err(Error::new_spanned(&item.self_ty, BELONGS))
}

/// The entity's own hook of that name.
fn own<'a>(item: &'a mut ItemImpl, name: &str) -> Option<&'a mut ImplItemFn> {
    item.items.iter_mut().find_map(|item| match item {
        ImplItem::Fn(own) if own.sig.ident == name => Some(own),
        _ => None,
    })
}

/// One of the four hooks.
struct Hook {
    name: &'static str,
    /// Whether the library's comes after the entity's own: before a write it sees what is really written.
    comes_last: bool,
    /// Whether it has a parameter that says if the row is new.
    is_save: bool,
}

const HOOKS: [Hook; 4] = [
    Hook {
        name: "before_save",
        comes_last: true,
        is_save: true,
    },
    Hook {
        name: "after_save",
        comes_last: false,
        is_save: true,
    },
    Hook {
        name: "before_delete",
        comes_last: true,
        is_save: false,
    },
    Hook {
        name: "after_delete",
        comes_last: false,
        is_save: false,
    },
];

impl Hook {
    /// The library's alone, where the entity has none of its own.
    fn alone(&self, private: &TokenStream) -> ImplItem {
        let (name, sea_orm) = (format_ident!("{}", self.name), quote!(#private::sea_orm));
        let model =
            quote!(<<Self as #sea_orm::ActiveModelTrait>::Entity as #sea_orm::EntityTrait>::Model);
        let (first, value, given) = if self.name == "after_save" {
            (quote!(model: #model), quote!(model), model)
        } else {
            (quote!(self), quote!(self), quote!(Self))
        };
        let (parameter, argument) = if self.is_save {
            (Some(quote!(, insert: bool)), Some(quote!(, insert)))
        } else {
            (None, None)
        };
        parse_quote! {
            async fn #name<C>(#first, db: &C #parameter) -> ::core::result::Result<#given, #sea_orm::DbErr>
            where
                C: #sea_orm::ConnectionTrait,
            {
                #private::hooks::#name::<Self, C>(#value, db #argument).await
            }
        }
    }

    /// Puts the library's before or after what the entity's own does.
    fn wrap(&self, own: &mut ImplItemFn, private: &TokenStream) -> Result<()> {
        if own.sig.asyncness.is_none() {
            return Err(Error::new(
                own.sig.ident.span(),
                "write `#[audited_hooks]` above `#[async_trait]`, and the hook as an `async fn`",
            ));
        }
        let (mut names, mut rebound) = (Vec::new(), Vec::new());
        for (at, input) in own.sig.inputs.iter_mut().enumerate() {
            match input {
                FnArg::Receiver(receiver) => names.push(Ident::new("self", receiver.span())),
                FnArg::Typed(typed) => {
                    let name = format_ident!("__audit_{at}");
                    let pattern = std::mem::replace(&mut *typed.pat, ident_pattern(&name));
                    rebound.push(quote!(let #pattern = #name;));
                    names.push(name);
                }
            }
        }
        let expected = if self.is_save { 3 } else { 2 };
        if names.len() != expected {
            let inputs = own.sig.inputs.len();
            let message = format!("`{}` has {expected} parameters, not {inputs}", self.name);
            return Err(Error::new(own.sig.ident.span(), message));
        }
        own.block = self.wrapped(&names, &rebound, &own.block, private);
        Ok(())
    }

    fn wrapped(
        &self,
        names: &[Ident],
        rebound: &[TokenStream],
        block: &Block,
        private: &TokenStream,
    ) -> Block {
        let name = format_ident!("{}", self.name);
        let (value, rest) = (&names[0], &names[1..]);
        let error = quote!(#private::sea_orm::DbErr);
        if self.comes_last {
            return parse_quote!({
                let __audit_own: ::core::result::Result<Self, #error> = async move {
                    #(#rebound)*
                    #block
                }
                .await;
                #private::hooks::#name::<Self, _>(__audit_own?, #(#rest),*).await
            });
        }
        // The receiver cannot be bound anew; what the hook gives back is what it was given.
        let recorded = if *value == "self" {
            quote!(#private::hooks::#name::<Self, _>(::core::clone::Clone::clone(&self), #(#rest),*).await?;)
        } else {
            quote!(let #value = #private::hooks::#name::<Self, _>(#value, #(#rest),*).await?;)
        };
        parse_quote!({
            #recorded
            #(#rebound)*
            #block
        })
    }
}

fn ident_pattern(name: &Ident) -> Pat {
    parse_quote!(#name)
}
